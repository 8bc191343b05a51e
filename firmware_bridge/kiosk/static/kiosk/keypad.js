// The home screen: nine boxes in three groups, and a keypad in telephone order.
import { art, icon, make, waiting } from "./dom.js";
import { CODE_DIGITS } from "./model.js";
import { reportedTitle } from "./screens.js";
import { say, words } from "./words.js";

/** Press on touch-down: fast thumbs overlap. A click without one (keyboard, screen reader) presses too. */
function quick(element, press) {
  let pressed = false;
  element.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // focus stays, so that a later Enter does not press this key again
    pressed = true;
    press();
  });
  element.addEventListener("click", () => {
    if (!pressed) press();
    pressed = false;
  });
  return element;
}

function key(label, press, kind = "", attributes = {}) {
  return quick(make("button", { type: "button", class: `button key ${kind}`, ...attributes }, label), press);
}

function slots() {
  const boxes = Array.from({ length: CODE_DIGITS }, () => make("span", { class: "slot" }));
  const groups = [0, 3, 6].map((start) => make("span", { class: "slots__group" }, ...boxes.slice(start, start + 3)));
  return { boxes, element: make("div", { class: "slots", "aria-hidden": "true" }, ...groups) };
}

function keys(act) {
  const digits = [..."123456789"].map((digit) => key(digit, () => act.digit(digit)));
  const clear = key(words.clear, act.clear, "key--word");
  const erase = key(icon("erase"), act.erase, "key--word", { "aria-label": words.erase });
  const all = [...digits, clear, key("0", () => act.digit("0")), erase];
  return make("div", { class: "keys", role: "group", "aria-label": words.keypad }, ...all);
}

/** Whether a notice says what came of calling the staff. */
const cameOfIt = (notice) => notice.startsWith("reported") || ["kept", "unreported"].includes(notice);

/** What stands above the boxes: the invitation, or in its place the one thing to say now. */
function voice(notice, quarantined) {
  if (notice === "checking") return [make("h1", { class: "display", tabindex: -1 }, words.checking), waiting()];
  if (notice === null) {
    const scan = make("p", { class: "lead scan" }, icon("qr"), words.home_scan);
    const help = make("p", { class: quarantined ? "banner banner--warn" : "soft" }, quarantined ? words.quarantined : words.home_help);
    const title = make("h1", { class: quarantined ? "title" : "display", tabindex: -1 }, words.home_title); // room for the banner
    return [make("div", { class: "art-frame" }, art()), title, scan, help];
  }
  const told = notice.startsWith("reported");
  const name = `title notice__title${told ? " notice__title--good" : ""}`;
  const title = make("h1", { class: name, tabindex: -1 }, icon(told ? "tick" : "stop"), cameOfIt(notice) ? reportedTitle(notice) : words[`${notice}_title`]);
  return [title, make("p", { class: "lead notice__text" }, words[notice])];
}

/** Build the home screen. Its `update(view, memory)` shows digits and notices without moving the focus. */
export function home(_view, act, state) {
  const { boxes, element } = slots();
  const above = make("div", { class: "say" });
  const typed = make("p", { class: "visually-hidden", role: "status" });
  const code = make("section", { class: "code-area", "aria-label": words.your_code }, element, typed);
  const screen = make("div", { class: "screen screen--home" }, above, code, keys(act));
  let said;

  function update(view, memory) {
    if (said !== view.notice) {
      said = view.notice;
      above.replaceChildren(...voice(said, state?.quarantined));
      screen.classList.toggle("screen--notice", said !== null);
      screen.classList.toggle("screen--helps", said !== null && said !== "checking" && !cameOfIt(said));
    }
    boxes.forEach((box, at) => {
      box.textContent = memory.typed[at] ?? "";
      box.classList.toggle("slot--next", at === memory.typed.length);
    });
    const spoken = { digits: [...memory.typed].join(" "), n: memory.typed.length };
    typed.textContent = memory.typed ? say("typed_some", spoken) : words.typed_none;
    screen.classList.toggle("screen--checking", memory.checking);
  }

  return { element: screen, update };
}
