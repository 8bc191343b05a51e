// Reads aloud what stands on the screen, where the machine has a voice for the language; silent where it has none.

/** Codes are read digit by digit: a voice would make a number of them. */
export function digitByDigit(text) {
  return text.replace(/\d{2,}/g, (run) => [...run].join(" "));
}

function voiceFor(lang) {
  const [tongue] = lang.split("-");
  const fits = (globalThis.speechSynthesis?.getVoices() ?? []).filter((voice) => voice.lang.replace("_", "-").split("-")[0] === tongue);
  return fits.find((voice) => voice.localService) ?? null; // a voice elsewhere would need the internet
}

/** Whether this machine can speak the language by itself. */
export function speaks(lang) {
  return voiceFor(lang) !== null;
}

/** What was said last can be said again. A new text breaks off the one before. */
export class Voice {
  #last = "";

  /** Say a text in a language. */
  say(text, lang) {
    const voice = voiceFor(lang);
    if (!voice || !text) return;
    this.#last = text;
    const spoken = new SpeechSynthesisUtterance(digitByDigit(text));
    spoken.voice = voice;
    spoken.lang = voice.lang;
    speechSynthesis.cancel();
    speechSynthesis.speak(spoken);
  }

  again(lang) {
    this.say(this.#last, lang);
  }

  /** Be silent, and forget. */
  stop() {
    this.#last = "";
    globalThis.speechSynthesis?.cancel();
  }
}
