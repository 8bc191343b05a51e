// A dialog that is built anew each time it opens, in the language of that moment.
import { make } from "./dom.js";
import { words } from "./words.js";

/**
 * `build(close)` returns what stands in it, the title (an h2) first. `closed()` hears that it is shut, however that
 * happened. `role` is "dialog" or "alertdialog". Returns `{open, close, isOpen, element}`.
 */
export function dialog(name, build, { closed = () => {}, role = "dialog" } = {}) {
  const element = make("dialog", { class: `dialog kiosk-dialog kiosk-dialog--${name}`, role });
  document.body.append(element);

  function close() {
    if (element.open) element.close();
  }

  function open() {
    if (element.open) return;
    const content = build(close);
    const [title, text] = content;
    title.id = `${name}-title`;
    element.setAttribute("aria-labelledby", title.id);
    if (text?.tagName === "P") element.setAttribute("aria-describedby", (text.id = `${name}-text`));
    element.lang = words.lang;
    element.replaceChildren(...content);
    element.showModal();
  }

  element.addEventListener("close", () => {
    element.replaceChildren();
    closed();
  });
  element.addEventListener("pointerdown", (event) => event.target === element && close());
  return { open, close, element, isOpen: () => element.open };
}

/** The title of a dialog. */
export const dialogTitle = (text) => make("h2", { class: "dialog__title" }, text);

/** The buttons at its end. */
export const dialogButtons = (...buttons) => make("div", { class: "button-row" }, ...buttons);
