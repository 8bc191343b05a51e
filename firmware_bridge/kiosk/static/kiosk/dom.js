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
  globe: "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0zM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
  ease: "M12 5.500a1.500 1.500 0 1 0 0-3a1.500 1.500 0 0 0 0 3zM4.500 8.500c5 1.500 10 1.500 15 0M10 9.500v5L8 21M14 9.500v5l2 6.500M10 14h4",
  larger: "M3 19l5-13 5 13M4.700 15h6.600M15 19l3-8 3 8M16 16.500h4",
  low: "M5 3h14v18H5zM8 14h8M8 17.500h8M12 5.500V11M9.500 8.500L12 11l2.500-2.500",
  aloud: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9c1.500 2 1.500 4 0 6M18 6.500c3 3.500 3 7.500 0 11",
};

function drawing(viewBox, name, paths) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox, class: name, "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const [d, kind] of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    if (kind) path.setAttribute("class", kind);
    svg.append(path);
  }
  return svg;
}

/** One of our line drawings, hidden from screen readers: the words beside it say the same. */
export function icon(name) {
  return drawing("0 0 24 24", `icon icon--${name}`, [[ICONS[name], ""]]);
}

const PHONE = "M22 12h40q8 0 8 8v92q0 8-8 8H22q-4 0-4-4V16q0-4 4-4z";
const SCANNER = "M146 42h30q14 0 14 14v24q0 14-14 14h-30q-3 0-3-3V45q0-3 3-3z";
const CORNERS = "M27 45h14v14H27zM47 45h14v14H47zM27 65h14v14H27z";
const MODULES = "M31 49h6v6h-6zM51 49h6v6h-6zM31 69h6v6h-6zM47 65h5v5h-5zM56 65h5v5h-5zM51.500 70h5v5h-5zM47 74h5v5h-5zM56 74h5v5h-5z";

/** A phone held to the scanner. */
export function art() {
  const beams = [["M138 60 80 46", "art__beam"], ["M138 68H80", "art__beam"], ["M138 76 80 90", "art__beam"]];
  const things = [[PHONE, "art__solid"], ["M38 108h12", ""], [CORNERS, ""], [MODULES, "art__code"], [SCANNER, "art__solid"], ["M150 54v28", ""], ["M168 94v26M156 120h24", ""]];
  return drawing("0 0 208 132", "art", [...beams, ...things]);
}

/** Three calm dots: something is under way. The words say what. */
export function waiting() {
  return make("span", { class: "waiting", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
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
