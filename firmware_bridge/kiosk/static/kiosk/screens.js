// Every screen but the keypad and the doors: a title, a sentence, a way out.
import { button, icon, make, waiting } from "./dom.js";

function calm(sign, title, text, ...more) {
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
function stuck(words, memory, ...said) {
  const element = calm(...said, memory.reported && reportedBanner(words, memory.reported));
  element.classList.toggle("screen--helps", memory.reported === null);
  return element;
}

/** What came of calling the staff: `reported` or `unreported`. */
export function reportedBanner(words, reported) {
  const kind = reported === "reported" ? "good" : "warn";
  const texts = [make("p", { class: "banner__title" }, words[`${reported}_title`]), make("p", {}, words[reported])];
  return make("div", { class: `banner banner--${kind}` }, ...texts);
}

export function moment(words) {
  return { element: calm(waiting(), words.moment_title, words.moment) };
}

export function trouble(words, view, _act, _state, memory) {
  const name = view.trouble === "not_enrolled" ? "fresh" : "trouble";
  return { element: stuck(words, memory, icon("counter"), words[`${name}_title`], words[name]) };
}

export function assist(words, _view, _act, _state, memory) {
  return { element: stuck(words, memory, icon("qr"), words.assist_title, words.assist) };
}

export function staffAtWork(words) {
  return { element: calm(waiting(), words.staff_at_work_title, words.staff_at_work) };
}

export function counter(words, view, act) {
  const done = make("div", { class: "act" }, button(words.done, "primary large", act.done));
  const element = calm(icon("counter"), words.counter_title, words.counter);
  element.append(done);
  return { element };
}

/** Minutes and seconds as on a clock: `0:28`. */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function paused(words, _view, _act, _state, memory) {
  const left = make("p", { class: "countdown digits", role: "timer", "aria-label": words.paused_left });
  const help = make("p", { class: "soft" }, words.paused_help);
  const element = stuck(words, memory, icon("pause"), words.paused_title, words.paused, left, help);
  return { element, update: (view) => (left.textContent = clock(view.pausedSeconds)) };
}
