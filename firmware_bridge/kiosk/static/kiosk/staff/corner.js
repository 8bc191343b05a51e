// The staff corner: the rotating code that proves to a handheld that its owner stands here, and what ails the bank.
import { dialog, dialogButtons, dialogTitle } from "../dialog.js";
import { button, make } from "../dom.js";
import { say, words } from "../words.js";

function doorNumbers(doors) {
  return doors.map((door) => door.number).sort((a, b) => a - b).join(", ");
}

/** What staff should know about this bank, each as [kind of badge or banner, sentence]. */
function facts(state) {
  const list = [];
  if (state.trouble) list.push(["bad", words[`staff_${state.trouble}`]]);
  if (state.refused) list.push(["bad", words.staff_refused]);
  else list.push(state.online ? ["good", words.staff_online] : ["warn", words.staff_offline]);
  const out = state.doors.filter((door) => !door.in_service);
  const closed = state.trouble === "service"; // nobody looks at the sensors then
  const silent = state.doors.filter((door) => !closed && door.in_service && door.state === "unknown");
  if (out.length) list.push(["warn", say("staff_doors_out", { doors: doorNumbers(out) })]);
  if (silent.length) list.push(["warn", say("staff_doors_unknown", { doors: doorNumbers(silent) })]);
  return list;
}

/** Build the dialog. `toggled(open)` hears it, `work()` that they want to work here. Returns open(), close(), and update(state, secondsLeft) for each tick. */
export function staffCorner(toggled, work) {
  const code = make("p", { class: "code presence" });
  const renews = make("p", { class: "soft" });
  const notes = make("ul", { class: "stack stack--tight" });
  const corner = dialog("staff", build, { closed: leave });

  function build(close) {
    const start = () => {
      close();
      work();
    };
    const setUp = () => location.assign("/commission?kiosk");
    const ways = [button(words.desk_work, "primary large", start), button(words.desk_set_up, "large", setUp), button(words.close, "large", close)];
    const way = dialogButtons(...ways);
    return [dialogTitle(words.staff_title), make("p", {}, words.staff_code), code, renews, notes, way];
  }

  function leave() {
    for (const element of [code, renews, notes]) element.replaceChildren();
    toggled(false);
  }

  function open() {
    toggled(true);
    corner.open();
  }

  function update(state, secondsLeft) {
    if (!corner.isOpen() || state === null) return;
    const digits = state.presence && secondsLeft > 0 ? state.presence.code : "";
    code.replaceChildren(...[digits.slice(0, 3), digits.slice(3)].filter(Boolean).map((part) => make("span", {}, part)));
    if (!state.presence) renews.textContent = words.staff_none;
    else renews.textContent = digits ? say("staff_renews", { n: secondsLeft }) : words.staff_renewing;
    const told = facts(state).map(([kind, text]) => make("li", { class: `banner banner--${kind}` }, make("span", {}, text)));
    notes.replaceChildren(...told);
  }

  return { open, close: corner.close, update };
}
