// Every word the kiosk says. One catalogue a language in words/, all with the same names; numbers stay Latin digits.
import ar from "./words/ar.json" with { type: "json" };
import de from "./words/de.json" with { type: "json" };
import en from "./words/en.json" with { type: "json" };
import es from "./words/es.json" with { type: "json" };
import fr from "./words/fr.json" with { type: "json" };
import zh from "./words/zh-Hans.json" with { type: "json" };
import { fill } from "./dom.js";

/** The languages in the order they are offered. */
export const LANGUAGES = [en, es, fr, de, zh, ar];

/** The catalogue in use: the same object for ever, so that whoever holds it speaks the language chosen last. */
export const words = {};

/** The catalogue's tag for a wish such as "de"; the first language when there is none like it. */
export function known(tag) {
  return (LANGUAGES.find((each) => each.lang === tag) ?? LANGUAGES[0]).lang;
}

/** Speak another language from now on. True when it is another. */
export function choose(tag) {
  if (words.lang === tag) return false;
  Object.assign(words, LANGUAGES.find((each) => each.lang === tag));
  return true;
}

/** A sentence with its values; one that depends on a number takes the form its language wants for `n`. */
export function say(name, values = {}) {
  const sentence = words[name];
  if (typeof sentence === "string") return fill(sentence, values);
  return fill(sentence[new Intl.PluralRules(words.lang).select(values.n)], values);
}
