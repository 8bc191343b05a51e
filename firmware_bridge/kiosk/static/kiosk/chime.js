// Two short sounds: a reminder, and a no. Made here, so there is no file to load; silent where sound is not allowed.

const TONES = { reminder: [660, 880], no: [330, 262] };
const TONE_SECONDS = 0.22;
const VOLUME = 0.25;
let context = null;

function tone(hertz, at) {
  const [source, volume] = [context.createOscillator(), context.createGain()];
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(VOLUME, at + 0.02);
  volume.gain.linearRampToValueAtTime(0, at + TONE_SECONDS);
  source.connect(volume).connect(context.destination);
  source.start(at);
  source.stop(at + TONE_SECONDS);
}

/** Play one of the sounds. */
export function chime(name) {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => null);
    TONES[name].forEach((hertz, n) => tone(hertz, context.currentTime + n * TONE_SECONDS));
  } catch {
    context = null; // no sound device: the words stand on the screen
  }
}

/**
 * Remind of a door that stands open, each time the bridge does: a shopper as often as it counts, staff, who have
 * something to do there, when it was left open. `spoken()` says it in words too.
 */
export function reminder(spoken) {
  let [about, heard] = [null, 0];
  return {
    follow(session) {
      const door = session?.phase === "open" ? `${session.id} ${session.door}` : null;
      const told = door === null ? 0 : Number(session.left_open) + (session.who === "shopper" ? session.reminders : 0);
      if (door === about && told > heard) {
        chime("reminder");
        spoken();
      }
      [about, heard] = [door, told];
    },
  };
}
