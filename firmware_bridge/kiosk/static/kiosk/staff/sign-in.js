// Badge and PIN, typed on the screen. Every no looks the same.
import { button, icon, make } from "../dom.js";
import { say, words } from "../words.js";
import { ask } from "./ask.js";

const DIGITS = [..."1234567890"];
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const PIN_DIGITS = 6;
const LONGEST_BADGE = 16;

/** How signing in begins; a scanned badge waits at the bridge for its PIN. */
export function signing(step) {
  return { step, badge: "", pin: "", notice: null };
}

/** Take one more sign, or with "" take the last one back. */
export async function put(act, sign) {
  const now = act.memory.signing;
  if (now === null || (sign && now[now.step].length >= (now.step === "pin" ? PIN_DIGITS : LONGEST_BADGE))) return;
  const text = sign ? now[now.step] + sign : now[now.step].slice(0, -1);
  const next = { ...now, [now.step]: text, notice: null };
  act.remember({ signing: next });
  if (next.step !== "pin" || next.pin.length < PIN_DIGITS) return;
  const told = await ask(act, "sign-in", { badge: next.badge, pin: next.pin });
  const notice = told?.verdict === "wait" ? "wait" : "no";
  act.remember({ signing: told?.verdict === "in" ? null : { ...signing("badge"), notice } });
}

function key(label, press, attributes = {}) {
  return make("button", { type: "button", class: "button key", onclick: press, ...attributes }, label);
}

/** The screen for the step that `memory.signing` is at. */
export function signIn(view, act) {
  const { step, notice } = view;
  const [title, text] = notice ? [`desk_${notice}_title`, `desk_${notice}`] : [`desk_${step}_title`, `desk_${step}`];
  const shown = make("p", { class: "typed digits", dir: "ltr", "aria-hidden": "true" });
  const spoken = make("p", { class: "visually-hidden", role: "status" });
  const signs = step === "pin" ? DIGITS : [...DIGITS, ...LETTERS];
  const erase = key(icon("erase"), () => put(act, ""), { "aria-label": words.erase });
  const pad = make("div", { class: `pad pad--${step}`, role: "group", "aria-label": words.desk_keys }, ...signs.map((sign) => key(sign, () => put(act, sign))), erase);
  const go = () => act.memory.signing.badge && act.remember({ signing: { ...act.memory.signing, step: "pin" } });
  const ways = [step === "badge" && button(words.desk_go, "primary large", go), button(words.desk_cancel, "large", act.done)];
  const saying = make("div", { class: "say" }, make("h1", { class: "title", tabindex: -1 }, words[title]), make("p", { class: "lead" }, words[text]), shown, spoken);
  const element = make("div", { class: "screen screen--sign-in" }, saying, pad, make("div", { class: "act" }, make("div", { class: "button-row" }, ...ways.filter(Boolean))));

  function update(_view, memory) {
    const typed = memory.signing?.[step] ?? "";
    shown.textContent = step === "pin" ? "●".repeat(typed.length) : typed;
    spoken.textContent = say("desk_typed", { n: typed.length });
  }

  return { element, update };
}
