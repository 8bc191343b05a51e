// Keeps the part of a page marked #live up to date: asks for its state and, when that changed, fetches the page again.
// Without this file everything still works, with a tap on "reload".

const AT_LEAST_MS = 500;
const AFTER_TROUBLE_MS = 4000;

const live = () => document.getElementById("live");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function awake() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

// A ticked box has a value all the time; only what differs from what the page came with is somebody's.
function isChanged(input) {
  return input.type === "checkbox" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
}

// Someone is typing here: what they typed must not be swept away.
function isBeingUsed(part) {
  const at = document.activeElement;
  const typed = [...part.querySelectorAll("input:not([type=hidden]):not([type=radio])")].some(isChanged);
  return typed || (part.contains(at) && at.matches("input:not([type=checkbox])"));
}

function replace(page) {
  const fresh = new DOMParser().parseFromString(page, "text/html");
  const [now, then] = [live(), fresh.getElementById("live")];
  if (!then) { location.assign(now.dataset.page); return; }
  if (isBeingUsed(now) && then.querySelector("input:not([type=hidden])")) return;
  for (const open of now.querySelectorAll("details[id][open]")) then.querySelector(`#${open.id}`)?.setAttribute("open", "");
  const focused = now.contains(document.activeElement);
  now.replaceWith(then);
  document.title = fresh.title;
  document.getElementById("problem")?.remove();
  const said = document.getElementById("said");
  if (said.textContent !== then.dataset.said) said.textContent = then.dataset.said;
  if (focused) document.getElementById("main").focus({ preventScroll: true });
}

async function follow() {
  for (;;) {
    await awake();
    const part = live();
    const every = Number(part.dataset.every || AT_LEAST_MS);
    const started = Date.now();
    try {
      const answer = await fetch(`${part.dataset.state}?seen=${part.dataset.version}`, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { location.assign(part.dataset.page); return; }
      if (!answer.ok) { await pause(AFTER_TROUBLE_MS); continue; }
      if ((await answer.json()).version !== part.dataset.version) {
        const page = await fetch(`${part.dataset.page}?live=1`, { headers: { Accept: "text/html" } });
        if (page.ok) replace(await page.text());
      }
    } catch {
      await pause(AFTER_TROUBLE_MS);
    }
    await pause(Math.max(0, every - (Date.now() - started)));
  }
}

// One tap is one wish: a second one while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
  for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", (event) => { if (event.persisted) location.assign(live()?.dataset.page ?? location.href); });

if (live()) follow();
