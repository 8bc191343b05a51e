// What the screens are built of: words, fields that a finger can set without a keyboard, the keypad, the drawn bank.
import { button, icon, make } from "../kiosk/dom.js";

/** Whether this is the kiosk's own screen, which has no keyboard. */
export const AT_KIOSK = new URLSearchParams(location.search).has("kiosk");

/** A screen: a title, a sentence, and what follows. */
export function screen(title, lead, ...more) {
  const words = make("div", { class: "words" }, make("h1", { class: "title", tabindex: -1 }, title), lead && make("p", { class: "lead" }, lead));
  return make("div", { class: "steps" }, words, ...more.filter(Boolean));
}

export function banner(kind, title, text) {
  return make("div", { class: `banner banner--${kind}` }, make("p", { class: "banner__title" }, title), text && make("p", {}, text));
}

export function row(...buttons) {
  return make("div", { class: "button-row" }, ...buttons.filter(Boolean));
}

let fields = 0;

/** A labelled text field. */
export function field(label, attributes = {}, hint = "") {
  const id = `field-${(fields += 1)}`;
  const input = make("input", { class: "input", id, autocomplete: "off", inputmode: AT_KIOSK ? "none" : null, "aria-describedby": hint && `${id}-hint`, ...attributes });
  const words = hint && make("p", { class: "field__hint", id: `${id}-hint` }, hint);
  return { input, element: make("div", { class: "field" }, make("label", { class: "field__label", for: id }, label), input, words || null) };
}

/** A whole number with a button on either side. */
export function stepper(label, value, least, most) {
  const { input, element } = field(label, { type: "number", min: least, max: most, value, inputmode: AT_KIOSK ? "none" : "numeric" });
  const step = (by) => () => (input.value = Math.min(most, Math.max(least, (Number(input.value) || least) + by)));
  const less = button("−", "", step(-1), { "aria-label": `${label}: one less` });
  const more = button("+", "", step(1), { "aria-label": `${label}: one more` });
  const around = make("div", { class: "stepper" });
  input.replaceWith(around);
  around.append(less, input, more);
  return { element, value: () => Math.round(Number(input.value)) };
}

/** One of a few words. */
export function choices(label, name, options, chosen) {
  const labels = options.map(([value, text]) => make("label", {}, make("input", { type: "radio", name, value, checked: value === chosen }), make("span", {}, text)));
  const element = make("fieldset", { class: "choices" }, make("legend", {}, label), ...labels);
  return { element, value: () => element.querySelector("input:checked")?.value ?? "" };
}

export function tick(label, checked = false) {
  const input = make("input", { type: "checkbox", checked });
  return { element: make("label", { class: "choice" }, input, make("span", {}, label)), value: () => input.checked };
}

/** Keys for fields on a screen without a keyboard: they type where the caret was last. */
export function pad(kind, inputs) {
  let into = inputs[0];
  for (const input of inputs) input.addEventListener("focus", () => (into = input));
  const put = (sign) => () => (into.value = sign ? into.value + sign : into.value.slice(0, -1));
  const signs = kind === "digits" ? [..."1234567890"] : [..."1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const erase = button(icon("erase"), "", put(""), { "aria-label": "Delete" });
  const keys = [...signs.map((sign) => button(sign, "", put(sign))), erase];
  return make("div", { class: `pad pad--${kind}`, role: "group", "aria-label": "Keys" }, ...keys);
}

/** Where a door is, for whoever cannot see the picture. */
export function place(door) {
  return `Door ${door.number}, size ${door.size}${door.cold ? `, ${door.cold}` : ""}, column ${door.column + 1}, row ${door.row + 1}`;
}

/** The bank as far as it is known: doors already found, and those still missing, to be tapped by `chosen(door)`. */
export function wall(found, missing, likely, chosen) {
  const all = [...found, ...missing];
  const top = Math.min(...all.map((door) => door.row));
  const left = Math.min(...all.map((door) => door.column));
  const cells = [...found.map((door) => [door, foundDoor(door)]), ...missing.map((door) => [door, missingDoor(door, door.number === likely, chosen)])];
  for (const [door, cell] of cells) {
    cell.style.gridRow = `${door.row - top + 1} / span ${door.height}`;
    cell.style.gridColumn = String(door.column - left + 1);
  }
  const element = make("div", { class: "wall", role: "group", "aria-label": "The bank of doors" }, ...cells.map(([, cell]) => cell));
  element.style.setProperty("--columns", Math.max(...all.map((door) => door.column)) - left + 1);
  return element;
}

function coldness(door) {
  return door.cold ? make("span", { class: "wall__cold" }, door.cold) : "";
}

function foundDoor(door) {
  return make("div", { class: "wall__door wall__door--found", role: "img", "aria-label": `${place(door)}: found` }, String(door.number), coldness(door), icon("tick"));
}

function missingDoor(door, likely, chosen) {
  const name = `wall__door${likely ? " wall__door--likely" : ""}`;
  return make("button", { type: "button", class: name, "aria-label": place(door), onclick: () => chosen(door) }, String(door.number), coldness(door));
}
