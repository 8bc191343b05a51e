// The page's way to the bridge for staff. A refusal has a code, which the screens put into words.

const LIMIT_MS = 10_000;

async function post(name, body) {
  const answer = await fetch(`/api/staff/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const told = await answer.json();
  return answer.ok ? told : { refused: told.code };
}

let asking = false;

/** An order's number was scanned: the state says which order it is, if it is one. */
export async function find(page, text) {
  const told = await post("find", { text }).catch(() => ({ refused: "error" }));
  if (told.refused) page.remember({ refused: told.refused });
}

/** Ask for a step; a second tap while one is under way does nothing. The page remembers why it was refused. */
export async function ask(page, name, body) {
  if (asking) return null;
  asking = true;
  const told = await post(name, body).catch(() => ({ refused: "error" }));
  asking = false;
  page.remember({ refused: told.refused ?? null, ...(told.ok ? { chosen: null } : {}) });
  return told;
}
