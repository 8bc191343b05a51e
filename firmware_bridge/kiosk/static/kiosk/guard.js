// Nothing but the page's own buttons: no menu, no marked text, no dragging in or out, no zooming, no way to the
// browser's own keys. What a page cannot hold back (the system's keys) is the operating system's to take away.

const EVENTS = [
  ...["contextmenu", "selectstart", "gesturestart", "auxclick", "copy", "cut", "paste", "beforeprint"],
  ...["dragstart", "dragenter", "dragover", "drop"],
];
const KEYS = ["Enter", " ", "Tab", "Shift", "Backspace", "Delete", "Escape", "ArrowUp", "ArrowDown", "PageUp", "PageDown"];

/** Whether a key is one a kiosk needs: a sign, or a way around the page. A QR symbol can press all the others too. */
export function allowed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
  return event.key.length === 1 || KEYS.includes(event.key);
}

/** The buttons one can reach now, in order. */
function reachable() {
  const dialogs = [...document.querySelectorAll("dialog[open]")];
  const scope = dialogs.at(-1) ?? document;
  return [...scope.querySelectorAll("button:not(:disabled)")].filter((each) => each.checkVisibility());
}

/** Go to the next button, or to the one before; from the last on to the first, never out of the page. */
export function moveFocus(step) {
  const all = reachable();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  const first = step > 0 ? 0 : all.length - 1;
  all[at < 0 ? first : (at + step + all.length) % all.length].focus({ focusVisible: true });
}

/** Hold the page still. */
export function guard() {
  for (const name of EVENTS) document.addEventListener(name, (event) => event.preventDefault(), true);
  document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });
  document.addEventListener("mousedown", (event) => event.button !== 0 && event.preventDefault(), true);
  document.addEventListener("keyup", (event) => allowed(event) || event.preventDefault(), true);
}
