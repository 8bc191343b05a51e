// Who may come in: a manager with badge and PIN, or whoever holds the PIN that the bridge's own terminal printed.
import { button, make } from "../kiosk/dom.js";
import { AT_KIOSK, banner, field, pad, row, screen } from "./parts.js";

const REFUSALS = { no: "That did not fit.", wait: "Too many tries.", closed: "That cannot be judged right now." };

/** What a verdict means, or null when it let somebody in. */
export function refused(told) {
  if (told.verdict === "in") return null;
  if (told.verdict === undefined) return told.message;
  const wait = told.retry_after ? ` Wait ${told.retry_after} seconds.` : " Try once more.";
  return `${REFUSALS[told.verdict] ?? REFUSALS.no}${wait}`;
}

/** Badge and PIN as two fields, with keys where there is no keyboard. */
export function badgeFields() {
  const badge = field("Badge number", { autocapitalize: "characters", maxlength: 16 });
  const pin = field("PIN", { type: "password", inputmode: AT_KIOSK ? "none" : "numeric", maxlength: 6 });
  const keys = AT_KIOSK && pad("badge", [badge.input, pin.input]);
  return { elements: [badge.element, pin.element, keys].filter(Boolean), values: () => ({ badge: badge.input.value.trim(), pin: pin.input.value }) };
}

/** The sign-in screen; `memory.way` is "badge" or "one_time". */
export function signIn(state, act, memory) {
  const oneTime = memory.way === "one_time";
  const form = oneTime ? oneTimeFields() : badgeFields();
  const go = async (event) => {
    event.preventDefault();
    act.tell(refused(await act.post("sign-in", form.values())));
  };
  const other = oneTime ? "Use a manager’s badge" : "Use the installer’s PIN";
  const change = button(other, "", () => act.remember({ way: oneTime ? "badge" : "one_time" }));
  const away = AT_KIOSK && button("Back to the kiosk", "", () => location.assign("/"));
  const fields = make("form", { class: "form", onsubmit: go }, ...form.elements, make("button", { class: "button button--primary button--large" }, "Sign in"));
  const closed = state.closed && banner("warn", "Closed for service", "Somebody began to set up these doors. Sign in to go on, or to open the lockers again.");
  const lead = oneTime ? "Run “bopis-bridge commission --page” on the bridge’s own machine: it prints a PIN." : "For managers and admins of this store.";
  return screen("Set up the doors", lead, closed, fields, row(change, away));
}

function oneTimeFields() {
  const pin = field("Installer’s PIN", { inputmode: AT_KIOSK ? "none" : "numeric", class: "input one-time", maxlength: 9 }, "Eight digits, good once, for ten minutes.");
  const name = field("Your name", { maxlength: 80, autocomplete: "name" }, "It is written down with what you do. May stay empty.");
  const keys = AT_KIOSK && pad("digits", [pin.input]);
  return { elements: [pin.element, keys, name.element].filter(Boolean), values: () => ({ one_time: pin.input.value, name: name.input.value }) };
}
