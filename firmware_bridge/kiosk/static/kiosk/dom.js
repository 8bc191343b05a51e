// The few helpers the page builds its elements with. No markup is ever parsed from text.

/** One element: `make("p", {class: "soft"}, "words", child)`. `on…` attributes are listeners; null and false leave out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  erase: "M9 5h11v14H9L3 12zM12 9.5l5 5M17 9.5l-5 5",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2",
  tick: "M4 12.5l5.5 5.5L20 6.5",
  stop: "M12 3l9 9-9 9-9-9zM12 8v5M12 15.5v.5",
  push: "M4 12h11M11 7.5l4.5 4.5-4.5 4.5M19.5 4v16",
  pause: "M8 5v14M16 5v14",
  counter: "M3 11h18M5 11v9M19 11v9M12 7.5V4M8 7.5h8",
  hand: "M12 21c-4 0-6-2.5-6-6V9.5M9 12V5.500M12 11V4M15 12V5.500M18 15V8.500",
};

/** One of our line drawings, hidden from screen readers: the words beside it say the same. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", class: `icon icon--${name}`, "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A real button. `kind` names variants from the design system: "primary large". */
export function button(label, kind, onclick, attributes = {}) {
  const variants = kind.split(" ").filter(Boolean).map((variant) => `button--${variant}`);
  return make("button", { type: "button", class: ["button", ...variants].join(" "), onclick, ...attributes }, label);
}

/** Put values into a sentence: `fill("Door {n} is open", {n: 7})`. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
