// The screens about a door: opening, open, shut, stuck. Words on one side, the real bank on the other.
import { picture, where } from "./bank.js";
import { button, fill, make } from "./dom.js";
import { reportedBanner } from "./screens.js";

/** Title and sentence for a session, by their names in the words. */
function voice(session, staff) {
  const { phase, doors_left: left } = session;
  if (phase === "open" && session.left_open) return ["left_open_title", "left_open"];
  if (phase === "open") return ["open_title", staff ? "staff_open" : "open"];
  if (phase === "failed") return ["failed_title", staff ? "staff_failed" : "failed"];
  if (phase !== "shut") return [`${phase}_title`, phase];
  if (staff) return ["staff_shut_title", "staff_shut"];
  if (left === 0) return ["shut_title", "shut"];
  return [left === 1 ? "more_one_title" : "more_many_title", "more"];
}

function ways(words, session, act) {
  const n = session.door;
  const resting = session.phase === "shut" || session.phase === "failed";
  const list = [];
  if (resting && session.doors_left > 0) list.push(button(words.next, "primary large", act.next));
  if (resting && session.doors_left === 0) list.push(button(words.done, "primary large", act.done));
  const again = session.phase === "failed" ? words.retry : words.again;
  if (resting && session.can_reopen) list.push(button(fill(again, { n }), "large", act.again));
  if (resting && session.doors_left > 0) list.push(button(words.done, "large", act.done));
  return list.length ? make("div", { class: "button-row" }, ...list) : null;
}

const PROBLEMS = { push: ["not_open", "help"], open: ["empty", "not_open", "help"], shut: ["empty", "help"], failed: ["help"] };

function problems(words, session, reported, act) {
  if (reported !== null) return reportedBanner(words, reported);
  const names = PROBLEMS[session.phase] ?? [];
  if (names.length === 0) return null;
  const buttons = names.map((name) => button(words[name], "", () => act.problem(name)));
  const title = make("h2", { class: "label", id: "problems" }, words.problems);
  return make("section", { class: "problems", "aria-labelledby": "problems" }, title, make("div", { class: "button-row" }, ...buttons));
}

function heading(words, session, doors, staff) {
  const [title, text] = voice(session, staff);
  const n = title === "more_many_title" ? session.doors_left : session.door;
  const place = doors.find((door) => door.number === session.door);
  const ordinal = Math.max(1, session.doors_total - session.doors_left);
  const several = session.doors_total > 1 && !staff;
  const step = several ? make("p", { class: "label" }, fill(words.step, { n: ordinal, total: session.doors_total })) : null;
  const here = place ? make("p", { class: "heading where" }, where(place, doors, words)) : null;
  const badge = staff ? make("p", {}, make("span", { class: "badge badge--info" }, words.staff)) : null;
  return make(
    "div",
    { class: "say" },
    make("div", { class: "door-number", "aria-hidden": "true" }, String(session.door)),
    make("div", { class: "say__words" }, step, badge, make("h1", { class: "display", tabindex: -1 }, fill(words[title], { n })), here),
    make("p", { class: "lead say__text" }, fill(words[text], { n: session.door })),
  );
}

/** Build the screen of a session with a door. `view.session` and the doors of `state` are drawn as they are now. */
export function door(words, view, act, state, memory) {
  const { session } = view;
  const staff = session.who === "staff";
  const offline = staff && !state.online ? make("p", { class: "banner banner--warn" }, make("span", {}, words.staff_offline)) : null;
  const found = state.doors.length > 0;
  const show = make("div", { class: "show" }, found && picture(state.doors, session.door, session.phase, words));
  const trouble = staff ? offline : problems(words, session, memory.reported, act);
  const actions = make("div", { class: "act" }, ways(words, session, act), trouble);
  const element = make("div", { class: "screen screen--door", "data-phase": session.phase }, heading(words, session, state.doors, staff), show, actions);
  return { element };
}
