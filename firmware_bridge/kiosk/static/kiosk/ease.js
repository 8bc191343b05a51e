// What makes the page easier for whoever stands before it: larger text, buttons lower down, reading aloud.
import { dialog, dialogButtons, dialogTitle } from "./dialog.js";
import { button, icon, make } from "./dom.js";
import { words } from "./words.js";

/** One wish, as a button that says how it stands. */
function toggle(name, wishes, wish) {
  const state = make("span", { class: "toggle__state" });
  const label = [icon(name), make("span", { class: "toggle__name" }, words[`ease_${name}`]), state];
  const element = make("button", { type: "button", class: "button toggle", onclick: () => wish(name) }, ...label);
  const show = () => {
    element.setAttribute("aria-pressed", String(wishes()[name]));
    state.textContent = wishes()[name] ? words.on : words.off;
  };
  return { element, show };
}

/**
 * The dialog with the wishes. `wishes()` says how they stand, `wish(name)` turns one over, `speaks()` whether this
 * machine has a voice for the language: where it has none, reading aloud is not offered.
 */
export function easeDialog({ wishes, wish, speaks }) {
  let toggles = [];
  const shown = dialog("ease", (close) => {
    const upright = matchMedia("(max-aspect-ratio: 1/1)").matches; // on a wide panel nothing is out of reach
    const names = ["larger", ...(upright ? ["low"] : []), ...(speaks() ? ["aloud"] : [])];
    toggles = names.map((name) => toggle(name, wishes, wish));
    toggles.forEach((each) => each.show());
    const list = make("div", { class: "stack" }, ...toggles.map((each) => each.element));
    return [dialogTitle(words.ease_title), make("p", {}, words.ease_note), list, dialogButtons(button(words.done, "primary large", close))];
  });
  return { ...shown, update: () => toggles.forEach((each) => each.show()) };
}
