// What stands around every screen: whose lockers these are, the languages, and the buttons for help, ease and staff.
import { button, icon, make } from "./dom.js";
import { languageRow } from "./languages.js";
import { offersLanguages } from "./model.js";
import { words } from "./words.js";

const byId = (id) => document.getElementById(id);

function footButton(name, sign, press, attributes = {}) {
  const element = button(words[name], "quiet", press, { id: `to-${name}`, ...attributes });
  if (sign) element.prepend(icon(sign));
  return element;
}

/**
 * Build it. `acts` are what its buttons do: language(tag), languages(), ease(), repeat(), help(), staff().
 * Returns dress() for another language and update(state, view, memory).
 */
export function frame(acts) {
  const store = make("strong", { class: "top__store", dir: "auto" });
  const bank = make("span", { class: "soft", dir: "auto" });
  const mark = make("img", { src: "/static/kiosk/mark.svg", alt: "", class: "top__mark", draggable: "false" });
  byId("top").append(mark, make("p", { class: "top__place" }, store, bank));
  const opens = { "aria-haspopup": "dialog" };

  /** Say it all in the language of now. */
  function dress() {
    document.documentElement.lang = words.lang;
    document.documentElement.dir = words.dir;
    document.title = words.page_title;
    byId("tongues").setAttribute("aria-label", words.languages);
    byId("tongues").replaceChildren(languageRow(acts.language));
    byId("foot").replaceChildren(
      footButton("ease", "ease", acts.ease, opens),
      footButton("languages", "globe", acts.languages, opens),
      footButton("repeat", "aloud", acts.repeat),
      footButton("help", null, acts.help, { class: "button" }),
      footButton("staff", null, acts.staff, opens),
    );
  }

  /** Follow the names of store and bank, and offer what this screen has room for. */
  function update(state, view, memory) {
    store.textContent = state?.store?.name ?? "";
    bank.textContent = state?.bank?.name ?? "";
    byId("tongues").hidden = !offersLanguages(view);
    byId("to-languages").hidden = offersLanguages(view);
    byId("to-repeat").hidden = !memory.aloud;
  }

  return { dress, update };
}
