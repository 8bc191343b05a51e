// The kiosk when nobody is near: dim, an invitation in every language, and a first touch that only wakes.
import { art, make } from "./dom.js";
import { LANGUAGES, words } from "./words.js";

const WAKING_MS = 400; // what else the waking hand does this soon means nothing
const SHIFT_MS = 60_000;
const SHIFTS = [0, 1, 2, 3].map((n) => `rest--${n}`); // nothing burns into the panel

/** The dimmed screen. */
export function rest() {
  const others = LANGUAGES.filter((each) => each.lang !== words.lang);
  const lines = others.map(({ lang, dir, rest_title: text }) => make("p", { lang, dir, class: "rest__line" }, text));
  const title = make("h1", { class: "display", tabindex: -1 }, words.rest_title);
  const element = make("div", { class: "screen screen--rest" }, art(), title, make("div", { class: "rest__lines" }, ...lines));
  const update = () => {
    element.classList.remove(...SHIFTS);
    element.classList.add(SHIFTS[Math.floor(Date.now() / SHIFT_MS) % SHIFTS.length]);
  };
  return { element, update };
}

/** Keep the touch that wakes from pressing anything. `resting()` asks, `wake()` is told. */
export function firstTouchWakes(resting, wake) {
  let until = 0;

  function swallow(event) {
    const now = Date.now();
    if (resting()) {
      until = now + WAKING_MS;
      wake();
    } else if (now >= until) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  for (const name of ["pointerdown", "click"]) document.addEventListener(name, swallow, true);
}
