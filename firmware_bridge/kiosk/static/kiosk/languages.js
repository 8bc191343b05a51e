// The six languages, each in its own words: a row of buttons, and the same in a dialog where there is no room for it.
import { dialog, dialogTitle } from "./dialog.js";
import { button, make } from "./dom.js";
import { LANGUAGES, words } from "./words.js";

function languageButton({ lang, dir, language }, chosen) {
  const pressed = String(lang === words.lang);
  return button(language, "", () => chosen(lang), { lang, dir, "aria-pressed": pressed, class: "button tongue" });
}

/** A row of all languages; `chosen(tag)` hears the shopper's wish. */
export function languageRow(chosen) {
  return make("div", { class: "tongues__row" }, ...LANGUAGES.map((each) => languageButton(each, chosen)));
}

/** The same row in a dialog. */
export function languageDialog(chosen) {
  const shown = dialog("languages", (close) => {
    const pick = (tag) => {
      close();
      chosen(tag);
    };
    return [dialogTitle(words.languages), languageRow(pick), make("div", { class: "button-row" }, button(words.close, "large", close))];
  });
  return shown;
}
