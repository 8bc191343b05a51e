// What the page remembers between two shoppers, and which screen that and the bridge's state call for. Pure.

export const CODE_DIGITS = 9;
export const IDLE_SECONDS = 30;
export const WARNING_SECONDS = 20;
export const DOOR_MOVING = ["opening", "push", "open"];

/** A page that knows nothing about anyone. A reset is exactly this, so nothing can be left behind. */
export function nobody() {
  return { typed: "", checking: false, notice: null, verdict: null, reported: null, scanned: null, staffOpen: false };
}

function doorView(state, memory) {
  const session = state.session;
  const staff = session.who === "staff";
  if (session.phase === "counter") return { name: "counter", key: `counter ${session.id}` };
  if (session.door === null || session.door === undefined) return { name: "staffAtWork", key: "staffAtWork" };
  const parts = [session.id, session.door, session.phase, session.doors_left, session.can_reopen, session.left_open];
  const name = staff ? "staffDoor" : "door";
  return { name, key: [name, ...parts, memory.reported, staff && state.online].join(" ") };
}

/** The screen to show: `{name, key}` and what it needs. A new key means a new screen, to be announced. */
export function look(state, lost, memory, pausedSeconds) {
  if (state === null || lost) return { name: "moment", key: "moment" };
  if (memory.checking) return { name: "home", key: "home", notice: "checking" };
  if (state.session) return { ...doorView(state, memory), session: state.session };
  if (state.trouble) return { name: "trouble", key: `trouble ${state.trouble} ${memory.reported}`, trouble: state.trouble };
  if (!state.ready) return { name: "moment", key: "moment" };
  if (memory.verdict === "counter") return { name: "counter", key: "counter" };
  if (state.assist || memory.verdict === "closed") return { name: "assist", key: `assist ${memory.reported}` };
  if (pausedSeconds > 0) return { name: "paused", key: `paused ${memory.reported}`, pausedSeconds };
  return { name: "home", key: "home", notice: memory.notice && (memory.reported ?? memory.notice) };
}

/** Whether something of a person is on the screen that must go when nobody is there; never while their door moves. */
export function leavesTraces(state, memory) {
  if (state?.session) return !DOOR_MOVING.includes(state.session.phase);
  return Boolean(memory.typed || memory.notice || memory.verdict || memory.reported || memory.staffOpen);
}
