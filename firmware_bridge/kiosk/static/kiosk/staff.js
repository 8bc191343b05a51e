// The staff corner: the rotating code that proves to a handheld that its owner stands here, and what ails the bank.
import { button, fill, make } from "./dom.js";

function doorNumbers(doors) {
  return doors.map((door) => door.number).sort((a, b) => a - b).join(", ");
}

/** What staff should know about this bank, each as [kind of badge or banner, sentence]. */
function facts(state, words) {
  const list = [];
  if (state.trouble) list.push(["bad", words[`staff_${state.trouble}`]]);
  list.push(state.online ? ["good", words.staff_online] : ["warn", words.staff_offline]);
  const out = state.doors.filter((door) => !door.in_service);
  const silent = state.doors.filter((door) => door.in_service && door.state === "unknown");
  if (out.length) list.push(["warn", fill(words.staff_doors_out, { doors: doorNumbers(out) })]);
  if (silent.length) list.push(["warn", fill(words.staff_doors_unknown, { doors: doorNumbers(silent) })]);
  return list;
}

/** Build the dialog. Returns open(), close(), and update(state, secondsLeft) for each tick. */
export function staffCorner(words, onToggle) {
  const code = make("p", { class: "code presence" });
  const renews = make("p", { class: "soft" });
  const notes = make("ul", { class: "stack stack--tight" });
  const dialog = make(
    "dialog",
    { class: "dialog kiosk-dialog", "aria-labelledby": "staff-title" },
    make("h2", { class: "dialog__title", id: "staff-title" }, words.staff_title),
    make("p", {}, words.staff_code),
    code,
    renews,
    notes,
    make("div", { class: "button-row" }, button(words.close, "primary large", close)),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    code.replaceChildren();
    onToggle(false);
  });
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && close());

  function open() {
    dialog.showModal();
    onToggle(true);
  }

  function close() {
    if (dialog.open) dialog.close();
  }

  function update(state, secondsLeft) {
    if (!dialog.open || state === null) return;
    const digits = state.presence && secondsLeft > 0 ? state.presence.code : "";
    code.replaceChildren(...[digits.slice(0, 3), digits.slice(3)].filter(Boolean).map((part) => make("span", {}, part)));
    if (!state.presence) renews.textContent = words.staff_none;
    else renews.textContent = digits ? fill(words.staff_renews, { n: secondsLeft }) : words.staff_renewing;
    notes.replaceChildren(...facts(state, words).map(([kind, text]) => make("li", { class: `banner banner--${kind}` }, make("span", {}, text))));
  }

  return { open, close, update };
}
