// The kiosk page: its frame, its size on this panel, and what a browser must not do here.
import { Kiosk } from "./kiosk/app.js";
import { button, make } from "./kiosk/dom.js";
import { LANGUAGES } from "./kiosk/words.js";

const words = LANGUAGES.en;
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

/** Sizes are in millimetres of the real panel; a value nobody could mean is ignored. */
function fitPanel() {
  const pxPerMm = Number(root.dataset.pxPerMm);
  if (pxPerMm >= 1 && pxPerMm <= 30) root.style.setProperty("--px-per-mm", pxPerMm);
}

/** No menu, no marked text, no dragging, no zooming: nothing but the page's own buttons. */
function holdStill() {
  for (const event of ["contextmenu", "dragstart", "drop", "dragover", "selectstart", "gesturestart", "auxclick"]) {
    document.addEventListener(event, (e) => e.preventDefault());
  }
  document.addEventListener("wheel", (e) => e.ctrlKey && e.preventDefault(), { passive: false });
}

function frame() {
  const store = make("strong", { class: "top__store" });
  const bank = make("span", { class: "soft" });
  const mark = make("img", { src: "/static/kiosk/mark.svg", alt: "", class: "top__mark", draggable: "false" });
  byId("top").append(mark, make("p", { class: "top__place" }, store, bank));
  return (state) => {
    store.textContent = state.store?.name ?? "";
    bank.textContent = state.bank?.name ?? "";
  };
}

root.lang = words.lang;
root.dir = words.dir;
document.title = words.page_title;
fitPanel();
holdStill();
const kiosk = new Kiosk({ words, main: byId("main"), said: byId("said"), onState: frame() });
const staff = button(words.staff, "quiet", () => kiosk.staff.open(), { "aria-haspopup": "dialog" });
const help = button(words.help, "", () => kiosk.problem("help"), { id: "help" });
byId("foot").append(make("p", { class: "soft" }, words.home_help), help, staff);
