// Two short sounds: a reminder, and a no. Made here, so there is no file to load; silent where sound is not allowed.

const TONES = { reminder: [660, 880], no: [330, 262] };
const TONE_SECONDS = 0.22;
const VOLUME = 0.25;
const REMINDER_MS = 20_000;
const REMINDERS = 12; // then the staff have been told by the bridge
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

/** Remind of a door that stands open: at once, then every 20 s for a while. `spoken()` says it in words too. */
export function reminder(spoken) {
  let [about, due, left] = [null, 0, 0];
  return {
    tick(door) {
      const now = Date.now();
      if (door !== about) [about, due, left] = [door, now, REMINDERS];
      if (about === null || left === 0 || now < due) return;
      [due, left] = [now + REMINDER_MS, left - 1];
      chime("reminder");
      spoken();
    },
  };
}
