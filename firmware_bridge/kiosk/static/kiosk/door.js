// The screens about a door: opening, open, shut, stuck. Words on one side, the real bank on the other.
import { picture, where } from "./bank.js";
import { button, make } from "./dom.js";
import { reportedBanner } from "./screens.js";
import { say, words } from "./words.js";

/** Title and sentence for a session, by their names in the words. */
function voice(session, staff, overdue, online) {
  const { phase, doors_left: left } = session;
  if (phase === "open" && overdue) return ["left_open_title", "left_open"];
  if (phase === "pull" || (phase === "open" && session.sensor === "hook")) return ["pull_title", "pull"];
  if (phase === "open") return ["open_title", staff ? "staff_open" : "open"];
  if (phase === "failed") return ["failed_title", staff ? "staff_failed" : online ? "failed" : "kept"];
  if (phase !== "shut") return [`${phase}_title`, phase];
  if (staff) return ["staff_shut_title", "staff_shut"];
  if (left === 0) return ["shut_title", "shut"];
  return ["more_title", "more"];
}

function ways(session, act, overdue) {
  const n = session.door;
  const resting = ["shut", "failed", "pull"].includes(session.phase);
  const list = [];
  if (overdue) list.push(button(words.next_person, "large", act.done));
  if (resting && session.doors_left > 0) list.push(button(words.next, "primary large", act.next));
  if (resting && session.doors_left === 0) list.push(button(words.done, "primary large", act.done));
  if ((resting || session.sensor === "hook") && session.can_reopen) list.push(button(say("again", { n }), "large", act.again));
  if (resting && session.doors_left > 0) list.push(button(words.done, "large", act.done));
  return list.length ? make("div", { class: "button-row" }, ...list) : null;
}

/** What may be wrong in each phase, by the words on the button; the bridge knows "heavy" as a call for help. */
const PROBLEMS = { push: ["not_open", "help"], open: ["empty", "not_open", "heavy"], pull: ["not_open", "empty", "help"], shut: ["empty", "help"], failed: ["help"] };

function problems(session, reported, act) {
  if (reported !== null) return reportedBanner(reported);
  const names = PROBLEMS[session.phase] ?? [];
  if (names.length === 0) return null;
  const buttons = names.map((name) => button(words[name], "", () => act.problem(name)));
  const title = make("h2", { class: "label", id: "problems" }, words.problems);
  return make("section", { class: "problems", "aria-labelledby": "problems" }, title, make("div", { class: "button-row" }, ...buttons));
}

function heading(session, { doors, online }, staff, overdue) {
  const [title, text] = voice(session, staff, overdue, online);
  const n = title === "more_title" ? session.doors_left : session.door;
  const place = doors.find((door) => door.number === session.door);
  const ordinal = Math.max(1, session.doors_total - session.doors_left);
  const several = session.doors_total > 1 && !staff;
  const step = several ? make("p", { class: "label" }, say("step", { n: ordinal, total: session.doors_total })) : null;
  const here = place ? make("p", { class: "heading where" }, where(place, doors)) : null;
  const badge = staff ? make("p", {}, make("span", { class: "badge badge--info" }, words.staff)) : null;
  return make(
    "div",
    { class: "say" },
    make("div", { class: "door-number", "aria-hidden": "true" }, String(session.door)),
    make("div", { class: "say__words" }, step, badge, make("h1", { class: "display", tabindex: -1 }, say(title, { n })), here),
    make("p", { class: "lead say__text" }, say(text, { n: session.door })),
  );
}

/** Build the screen of a session with a door. `view.session` and the doors of `state` are drawn as they are now. */
export function door(view, act, state, memory) {
  const { session, overdue } = view;
  const staff = session.who === "staff";
  const offline = staff && !state.online ? make("p", { class: "banner banner--warn" }, make("span", {}, words.staff_offline)) : null;
  const found = state.doors.length > 0;
  const show = make("div", { class: "show" }, found && picture(state.doors, session.door, session.phase));
  const trouble = staff ? offline : problems(session, memory.reported, act);
  const actions = make("div", { class: "act" }, ways(session, act, overdue && !staff), trouble);
  const element = make("div", { class: "screen screen--door", "data-phase": session.phase }, heading(session, state, staff, overdue), show, actions);
  return { element };
}
