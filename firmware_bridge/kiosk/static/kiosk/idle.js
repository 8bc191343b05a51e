// Nobody there any more: ask after a while, then clear the page for the next person (WCAG 2.2.1: 20 s to answer).
import { button, fill, make } from "./dom.js";
import { IDLE_SECONDS, WARNING_SECONDS } from "./model.js";

/** Watch over the page. `needed()` says whether there is anything to clear, `leave()` clears it. */
export function watch(words, needed, leave) {
  let since = Date.now();
  let askedAt = null;
  const left = make("p", { class: "body" });
  const dialog = make(
    "dialog",
    { class: "dialog kiosk-dialog", role: "alertdialog", "aria-labelledby": "idle-title", "aria-describedby": "idle-text" },
    make("h2", { class: "dialog__title", id: "idle-title" }, words.idle_title),
    left,
    make("div", { class: "button-row" }, button(words.idle_stay, "primary large", stay), button(words.idle_leave, "large", go)),
  );
  left.id = "idle-text";
  document.body.append(dialog);

  function stay() {
    since = Date.now();
    askedAt = null;
    if (dialog.open) dialog.close();
  }

  function go() {
    stay();
    leave();
  }

  function ask(now) {
    askedAt = now;
    dialog.showModal();
  }

  function tick() {
    const now = Date.now();
    if (!needed()) return stay();
    if (askedAt === null && now - since >= IDLE_SECONDS * 1000) ask(now);
    if (askedAt === null) return undefined;
    const seconds = WARNING_SECONDS - Math.floor((now - askedAt) / 1000);
    if (seconds <= 0) return go();
    left.textContent = fill(words.idle, { n: seconds });
    return undefined;
  }

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    stay();
  });
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && stay());
  return {
    tick,
    restart: stay,
    get asking() {
      return askedAt !== null;
    },
  };
}
