// Nobody there any more: ask after a while, then clear the page for the next person (WCAG 2.2.1: 20 s to answer).
import { dialog, dialogButtons, dialogTitle } from "./dialog.js";
import { button, make } from "./dom.js";
import { EASED_TIMES, IDLE_SECONDS, WARNING_SECONDS } from "./model.js";
import { say, words } from "./words.js";

/**
 * Watch over the page. `needed()` says whether there is anything to clear, `slow()` whether this person gets more
 * time, `leave()` clears it, `asked(text)` hears what was asked.
 */
export function watch({ needed, slow, leave, asked }) {
  let since = Date.now();
  let askedAt = null;
  let times = 1;
  const left = make("p", { class: "body" });
  const question = dialog("idle", build, { role: "alertdialog", closed: stay });

  function build() {
    const stayButton = button(words.idle_stay, "primary large", stay);
    return [dialogTitle(words.idle_title), left, dialogButtons(stayButton, button(words.idle_leave, "large", go))];
  }

  function stay() {
    since = Date.now();
    askedAt = null;
    question.close();
  }

  function go() {
    stay();
    leave();
  }

  function ask(now) {
    askedAt = now;
    left.textContent = say("idle", { n: WARNING_SECONDS * times });
    question.open();
    asked(`${words.idle_title} ${left.textContent}`);
  }

  function tick() {
    const now = Date.now();
    if (!needed()) return stay();
    if (askedAt === null) times = slow() ? EASED_TIMES : 1;
    if (askedAt === null && now - since >= IDLE_SECONDS * times * 1000) ask(now);
    if (askedAt === null) return undefined;
    const seconds = WARNING_SECONDS * times - Math.floor((now - askedAt) / 1000);
    if (seconds <= 0) return go();
    left.textContent = say("idle", { n: seconds });
    return undefined;
  }

  return {
    tick,
    restart: stay,
    get asking() {
      return askedAt !== null;
    },
  };
}
