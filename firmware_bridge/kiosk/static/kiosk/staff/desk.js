// Staff who work at this kiosk: they sign in with badge and PIN, choose an order, and stand at its door.
import { picture, where } from "../bank.js";
import { button, make } from "../dom.js";
import { calm } from "../screens.js";
import { say, words } from "../words.js";
import { ask } from "./ask.js";

const STAGES = { load: { todo: "desk_load", open: "desk_begun", loaded: "desk_loaded" }, reclaim: { todo: "desk_reclaim", look: "desk_look" } };
const REFUSALS = { nothing_free: "desk_nothing_free", too_big: "desk_nothing_free", largest_already: "desk_nothing_free", busy: "desk_busy", door_open: "desk_door_open", not_found: "desk_not_found" };

function refusal(code) {
  if (code === null) return null;
  return make("p", { class: "banner banner--warn", role: "alert" }, make("span", {}, words[REFUSALS[code] ?? "desk_refused"]));
}

function doing(act, name, body) {
  return () => ask(act, name, body);
}

function needs(item) {
  return (item.needs ?? []).map((need) => make("span", { class: "badge badge--info" }, words[`need_${need}`]));
}

function entry(item, act) {
  const badge = make("span", { class: `badge badge--${item.action === "load" ? "info" : "warn"}` }, words[STAGES[item.action][item.stage]]);
  const doors = item.doors.length ? item.doors.join(", ") : item.size && say("desk_size", { size: item.size });
  const what = make("span", { class: "order__what" }, make("strong", { dir: "ltr" }, item.name), make("span", { class: "order__needs" }, ...needs(item)));
  const parts = [what, make("span", { class: "soft" }, doors), badge];
  const chosen = () => act.remember({ chosen: item.pickup, refused: null });
  return make("li", {}, make("button", { type: "button", class: "button order", onclick: chosen }, ...parts));
}

/** What there is to do. */
export function staffList(_view, act, state, memory) {
  const items = state.staff.items;
  const list = make("ul", { class: "orders" }, ...items.map((item) => entry(item, act)));
  const title = make("h1", { class: "title", tabindex: -1 }, words.desk_list_title);
  const body = items.length ? list : make("p", { class: "lead" }, words.desk_list_empty);
  const row = make("div", { class: "button-row" }, button(words.desk_sign_out, "large", act.done));
  const out = make("div", { class: "act" }, refusal(memory.refused), row);
  return { element: make("div", { class: "screen screen--desk" }, title, body, out) };
}

function waysWith(item, act) {
  const about = { pickup: item.pickup };
  if (item.action === "reclaim") {
    const opens = button(words.desk_again, "large", doing(act, "reclaim", about));
    if (item.stage === "look") return [button(words.desk_empty, "primary large", doing(act, "empty", about)), opens];
    return [button(words.desk_open, "primary large", doing(act, "reclaim", about))];
  }
  if (item.stage === "loaded") return [button(words.desk_take_out, "large", doing(act, "take-out", about))];
  const opens = button(words.desk_open, "primary large", doing(act, "load", about));
  if (item.begun) return [opens, button(words.desk_all_in, "large", doing(act, "all-in", about))];
  return [opens, button(words.desk_aside, "large", doing(act, "set-aside", about))];
}

/** One order and what can be done with it. */
export function staffOrder(view, act, _state, memory) {
  const { item } = view;
  const back = button(words.desk_list, "large", () => act.remember({ chosen: null, refused: null }));
  const lead = words[STAGES[item.action][item.stage]];
  const text = item.size ? `${lead}${words.comma}${say("desk_size", { size: item.size })}` : lead;
  const beside = item.needs?.length ? make("p", { class: "order__needs" }, ...needs(item)) : null;
  const element = calm("", item.name, text, beside, refusal(memory.refused));
  element.append(make("div", { class: "act" }, make("div", { class: "button-row" }, ...waysWith(item, act), back)));
  return { element };
}

/** Whether its door was too small, and no larger one is free. */
function isGivenUp(job) {
  return job.action === "load" && ["given_up", "empty"].includes(job.place);
}

/** Whether it is to lie behind several doors, and part of it is still to be put in. */
function isInPart(job) {
  return job.action === "load" && job.place === "loaded" && job.stage === "todo";
}

function voice(job) {
  const values = { n: job.door, name: job.name };
  const named = (title, text) => [say(title, values), say(text, values)];
  if (isGivenUp(job)) return job.phase === "open" ? named("open_title", "desk_no_larger") : named("desk_nothing_title", "desk_nothing_free");
  if (job.phase === "failed" || job.phase === "pull") return named("failed_title", "desk_failed");
  if (job.phase === "open") return named("open_title", job.action === "load" ? "desk_put_in" : "desk_take");
  if (job.phase !== "shut") return named(`${job.phase}_title`, job.phase);
  if (isInPart(job)) return named("desk_part_title", "desk_part");
  if (job.action === "load") return job.place === "held" ? named("desk_nothing_title", "desk_nothing") : named("desk_is_loaded_title", "desk_is_loaded");
  return job.stage === "look" ? named("desk_look_title", "desk_look_text") : named("desk_out_title", "desk_out");
}

function waysAt(job, act) {
  const about = { pickup: job.pickup };
  const list = [];
  if (isGivenUp(job)) return [button(words.desk_aside, "primary large", doing(act, "set-aside", about)), button(words.desk_list, "large", doing(act, "list", { press: "" }))];
  if (job.phase === "open" && job.action === "load") {
    list.push(button(words.desk_another, "", doing(act, "another", { press: "" })));
    list.push(button(words.desk_small, "", doing(act, "too-small", { press: "" })));
  }
  if (!["shut", "failed", "pull"].includes(job.phase)) return list;
  if (job.stage === "look") list.push(button(words.desk_empty, "primary large", doing(act, "empty", about)));
  if (job.stage === "look") list.push(button(words.desk_again, "large", doing(act, "reclaim", about)));
  if (job.place === "held") list.push(button(words.desk_again, "large", doing(act, "load", about)));
  if (isInPart(job)) {
    list.push(button(words.desk_open, "primary large", doing(act, "load", about)));
    list.push(button(words.desk_all_in, "large", doing(act, "all-in", about)));
  }
  const kind = job.stage === "look" || isInPart(job) ? "large" : "primary large";
  list.push(button(words.desk_list, kind, doing(act, "list", { press: "" })));
  return list;
}

/** The door staff at the kiosk stand at. */
export function staffJob(view, act, state, memory) {
  const { job } = view;
  const [title, text] = voice(job);
  const place = state.doors.find((door) => door.number === job.door);
  const words_ = make(
    "div",
    { class: "say__words" },
    make("p", { class: "label" }, make("bdi", { dir: "ltr" }, job.name)),
    make("h1", { class: "display", tabindex: -1 }, title),
    place && make("p", { class: "heading where" }, where(place, state.doors)),
  );
  const heading = make("div", { class: "say" }, make("div", { class: "door-number", "aria-hidden": "true" }, String(job.door)), words_, make("p", { class: "lead say__text" }, text));
  const show = make("div", { class: "show" }, place && picture(state.doors, job.door, job.phase));
  const row = make("div", { class: "button-row" }, ...waysAt(job, act));
  const element = make("div", { class: "screen screen--door", "data-phase": job.phase }, heading, show, make("div", { class: "act" }, refusal(memory.refused), row));
  return { element };
}
