// The page's only way to the bridge: one long poll for the state, and small posts.

const POLL_LIMIT_MS = 15_000; // the bridge answers within 10 s
const NOW_LIMIT_MS = 5_000;
const POST_LIMIT_MS = 10_000;
const RETRY_MS = 1_000;
const FRAME_LIMIT_MS = 2_000;

/** Wait for the screen to be painted once; false when it is not, as in a browser that hangs. */
export function painted() {
  return new Promise((tell) => {
    setTimeout(() => tell(false), FRAME_LIMIT_MS);
    requestAnimationFrame(() => tell(true));
  });
}

/** Post JSON and return the answer. Throws on a refusal, a time-out or a bridge that is away. */
export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(POST_LIMIT_MS),
  });
  if (!answer.ok) throw new Error(`refused: ${answer.status}`);
  return answer.json();
}

/**
 * Follow the state for ever: `onState(state)` for each one, `onLost()` while the bridge is away. Returns `{refresh}`.
 * A poll that breaks off proves little (the machine may have slept): only when asking again at once fails is it lost.
 */
export function follow(onState, onLost) {
  let asked = new AbortController();
  let seq = 0; // 0 is answered at once
  let failures = 0;

  async function once() {
    const limit = AbortSignal.timeout(seq === 0 ? NOW_LIMIT_MS : POLL_LIMIT_MS);
    const signal = AbortSignal.any([asked.signal, limit]);
    const beat = (await painted()) ? "&page=1" : ""; // each question says that the page lives and is painted
    const answer = await fetch(`/api/state?since=${seq}${beat}`, { cache: "no-store", signal });
    if (!answer.ok) throw new Error(`no state: ${answer.status}`);
    const state = await answer.json();
    seq = state.seq;
    failures = 0;
    onState(state);
  }

  async function recover() {
    seq = 0;
    const wanted = asked.signal.aborted;
    asked = new AbortController();
    failures += wanted ? 0 : 1;
    if (failures < 2) return;
    onLost();
    await new Promise((resume) => setTimeout(resume, RETRY_MS));
  }

  async function forever() {
    for (;;) await once().catch(recover);
  }

  forever();
  return { refresh: () => asked.abort() };
}
