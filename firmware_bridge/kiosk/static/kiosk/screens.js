// Every screen but the keypad and the doors: a title, a sentence, a way out.
import { button, icon, make } from "./dom.js";

function calm(sign, title, text, ...more) {
  const say = make(
    "div",
    { class: "say" },
    make("div", { class: "sign" }, sign),
    make("h1", { class: "display", tabindex: -1 }, title),
    make("p", { class: "heading" }, text),
    ...more,
  );
  return make("div", { class: "screen screen--calm" }, say);
}

function waiting() {
  return make("span", { class: "waiting", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
}

export function moment(words) {
  return { element: calm(waiting(), words.moment_title, words.moment) };
}

export function trouble(words, view) {
  const name = view.trouble === "not_enrolled" ? "fresh" : "trouble";
  return { element: calm(icon("counter"), words[`${name}_title`], words[name]) };
}

export function assist(words) {
  return { element: calm(icon("qr"), words.assist_title, words.assist) };
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

export function paused(words) {
  const left = make("p", { class: "countdown digits", role: "timer", "aria-label": words.paused_left });
  const help = make("p", { class: "soft" }, words.paused_help);
  const element = calm(icon("pause"), words.paused_title, words.paused, left, help);
  return { element, update: (view) => (left.textContent = clock(view.pausedSeconds)) };
}
