// Every screen but the keypad and the doors: a title, a sentence, a way out. Each is a function
// (view, act, state, memory) -> {element, update?}.
import { button, icon, make, waiting } from "./dom.js";
import { words } from "./words.js";

/** A sign, a title, a sentence. */
export function calm(sign, title, text, ...more) {
  const say = make(
    "div",
    { class: "say" },
    make("div", { class: "sign" }, sign),
    make("h1", { class: "display", tabindex: -1 }, title),
    make("p", { class: "lead" }, text),
    ...more,
  );
  return make("div", { class: "screen screen--calm" }, say);
}

/** A screen on which someone may be stuck: the frame offers help, and what came of it is said here. */
function stuck(memory, ...said) {
  const element = calm(...said, memory.reported && reportedBanner(memory.reported));
  element.classList.toggle("screen--helps", memory.reported === null);
  return element;
}

/** The title over what came of calling the staff. */
export function reportedTitle(reported) {
  return words[reported.startsWith("reported") ? "reported_title" : `${reported}_title`];
}

/** What came of calling the staff: a name that begins with `reported`, or `kept`, or `unreported`. */
export function reportedBanner(reported) {
  const kind = reported.startsWith("reported") ? "good" : "warn";
  const texts = [make("p", { class: "banner__title" }, reportedTitle(reported)), make("p", {}, words[reported])];
  return make("div", { class: `banner banner--${kind}` }, ...texts);
}

function moment() {
  return { element: calm(waiting(), words.moment_title, words.moment) };
}

function trouble(view, _act, _state, memory) {
  const name = { not_enrolled: "fresh", service: "service" }[view.trouble] ?? "trouble";
  return { element: stuck(memory, icon("counter"), words[`${name}_title`], words[name]) };
}

function assist(_view, _act, _state, memory) {
  return { element: stuck(memory, icon("qr"), words.assist_title, words.assist) };
}

function counter(_view, act, state) {
  const done = make("div", { class: "act" }, button(words.done, "primary large", act.done));
  const element = calm(icon("counter"), words.counter_title, state.online ? words.counter : words.kept);
  element.append(done);
  return { element };
}

/** Minutes and seconds as on a clock: `0:28`. */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function paused(_view, _act, _state, memory) {
  const left = make("p", { class: "countdown digits", role: "timer", "aria-label": words.paused_left, dir: "ltr" });
  const help = make("p", { class: "soft" }, words.paused_help);
  const element = stuck(memory, icon("pause"), words.paused_title, words.paused, left, help);
  return { element, update: (view) => (left.textContent = clock(view.pausedSeconds)) };
}

export const SCREENS = { moment, trouble, assist, counter, paused };
