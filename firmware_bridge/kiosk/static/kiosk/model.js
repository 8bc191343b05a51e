// What the page remembers between two shoppers, and which screen that and the bridge's state call for. Pure.

export const CODE_DIGITS = 9;
export const IDLE_SECONDS = 30;
export const WARNING_SECONDS = 20;
export const EASED_TIMES = 3; // whoever asked for an easier page gets this much more time
export const REST_SECONDS = 120;
export const REMINDERS = 3; // of an open door, by the bridge; with the last it lets the next person in
export const DOOR_MOVING = ["opening", "push", "open"];
const QUIET = ["home", "counter", "assist", "paused", "trouble"];

/** A page that knows nothing about anyone. A reset is exactly this, so nothing can be left behind. */
export function nobody() {
  const said = { typed: "", checking: false, notice: null, verdict: null, reported: null, scanned: null };
  return { ...said, staffOpen: false, resting: false, signing: null, chosen: null, refused: null, ...noWishes() };
}

/** How the page is for someone who asked for nothing: the store's language, usual sizes, no voice. */
export function noWishes() {
  return { language: null, larger: false, low: false, aloud: false };
}

/** Whether somebody asked for an easier page, and so for more time. */
export function eased(memory) {
  return memory.larger || memory.low || memory.aloud;
}

/** Whether a session's door has stood open so long that the next person may go on. The bridge counts, not the page. */
export function overdue(session) {
  if (session?.phase !== "open") return false;
  return session.left_open || (session.who === "shopper" && session.reminders >= REMINDERS);
}

function doorView(state, memory, overdue) {
  const session = state.session;
  const staff = session.who === "staff";
  if (session.phase === "counter") return { name: "counter", key: `counter ${session.id} ${state.online}` };
  if (session.door === null || session.door === undefined) return { name: "staffAtWork", key: "staffAtWork" };
  const parts = [session.id, session.door, session.phase, session.doors_left, session.can_reopen, overdue];
  const name = staff ? "staffDoor" : "door";
  return { name, key: [name, ...parts, memory.reported, (staff || session.phase === "failed") && state.online].join(" "), overdue };
}

function staffView(staff, memory) {
  const item = staff.items.find((each) => each.pickup === memory.chosen);
  if (staff.job) return { name: "staffJob", key: `staffJob ${JSON.stringify(staff.job)} ${memory.refused}`, job: staff.job };
  if (item) return { name: "staffOrder", key: `staffOrder ${JSON.stringify(item)} ${memory.refused}`, item };
  return { name: "staffList", key: `staffList ${JSON.stringify(staff.items)} ${memory.refused}` };
}

/** The screen to show: `{name, key}` and what it needs. A new key means a new screen, to be announced. */
export function look(state, lost, memory, { pausedSeconds = 0, overdue = false } = {}) {
  if (state === null || lost) return { name: "moment", key: "moment" };
  if (memory.checking) return { name: "home", key: "home", notice: "checking" };
  if (state.staff && state.session?.who !== "shopper") return staffView(state.staff, memory);
  if (state.session) return { ...doorView(state, memory, overdue), session: state.session };
  if (state.trouble) return { name: "trouble", key: `trouble ${state.trouble} ${memory.reported}`, trouble: state.trouble };
  if (!state.ready) return { name: "moment", key: "moment" };
  if (memory.signing) return { name: "signIn", key: `signIn ${memory.signing.step} ${memory.signing.notice}`, ...memory.signing };
  if (memory.verdict === "counter") return { name: "counter", key: `counter ${state.online}` };
  if (state.assist || memory.verdict === "closed") return { name: "assist", key: `assist ${memory.reported}` };
  if (pausedSeconds > 0) return { name: "paused", key: `paused ${memory.reported}`, pausedSeconds };
  if (memory.resting) return { name: "rest", key: "rest" };
  const key = state.quarantined ? "home quarantined" : "home";
  return { name: "home", key, notice: memory.notice && (memory.reported ?? memory.notice) };
}

/** Whether all six languages stand on this screen; on the others one button leads to them. */
export function offersLanguages(view) {
  return QUIET.includes(view.name);
}

/** Whether something of a person is on the screen that must go when nobody is there; never while their door moves. */
export function leavesTraces(state, memory) {
  if (state?.staff) return !DOOR_MOVING.includes(state.staff.job?.phase);
  if (state?.session) return !DOOR_MOVING.includes(state.session.phase);
  const { typed, notice, verdict, reported, staffOpen, signing, language } = memory;
  return Boolean(typed || notice || verdict || reported || staffOpen || signing || language || eased(memory));
}
