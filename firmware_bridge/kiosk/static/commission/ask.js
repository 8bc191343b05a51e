// The page's only way to the bridge: one long poll for where it stands, and small posts for each answer.
import { painted } from "../kiosk/api.js";

const POLL_LIMIT_MS = 15_000; // the bridge answers within 10 s
const POST_LIMIT_MS = 10_000;
const RETRY_MS = 1_500;

/** Post an answer. Returns what was said: `{ok}`, a verdict, or `{code, message}` of a refusal. */
export async function post(name, body = {}) {
  try {
    const answer = await fetch(`/api/commission/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(POST_LIMIT_MS),
    });
    return await answer.json();
  } catch {
    return { code: "away", message: "The bridge does not answer. Try again in a moment." };
  }
}

/** Follow where it stands, for ever: `heard(state)`, or `heard(null)` while the bridge is away. Returns `{refresh}`. */
export function follow(heard, atKiosk) {
  let asked = new AbortController();
  let seq = 0;

  async function once() {
    const signal = AbortSignal.any([asked.signal, AbortSignal.timeout(POLL_LIMIT_MS)]);
    const beat = atKiosk && (await painted()) ? "&page=1" : ""; // at the kiosk's screen: this page lives
    const answer = await fetch(`/api/commission/state?since=${seq}${beat}`, { cache: "no-store", signal });
    if (!answer.ok) throw new Error(`no state: ${answer.status}`);
    const state = await answer.json();
    seq = state.seq;
    heard(state);
    if (state.step === "sign_in") await rested(RETRY_MS);
  }

  function rested(ms) {
    return new Promise((resume) => {
      setTimeout(resume, ms);
      asked.signal.addEventListener("abort", resume, { once: true });
    });
  }

  async function recover() {
    seq = 0;
    const wanted = asked.signal.aborted;
    asked = new AbortController();
    if (wanted) return;
    heard(null);
    await rested(RETRY_MS);
  }

  async function forever() {
    for (;;) await once().catch(recover);
  }

  forever();
  return { refresh: () => asked.abort() };
}
