// Setting up the doors: where the bridge says it stands, what was typed meanwhile, and the screen for both. English only:
// it is for installers and managers.
import { follow, post } from "./commission/ask.js";
import * as before from "./commission/boards.js";
import * as doors from "./commission/doors.js";
import { AT_KIOSK, banner, row, screen } from "./commission/parts.js";
import { signIn } from "./commission/sign-in.js";
import { guard } from "./kiosk/guard.js";
import { button, make, waiting } from "./kiosk/dom.js";

const AWAY_MS = 90_000; // nobody at the kiosk's own screen: back to the shoppers' page
const DOING = {
  looking: ["Looking for the boards", "This takes up to a minute."],
  opening: ["Opening a door", "Watch which one moves."],
  shutting: ["Shut the door", "The next one opens by itself."],
};
const SCREENS = { sign_in: signIn, begin: before.begin, goods: before.goods, board: before.boards, connect: before.connect, found: before.found, ...doors };

let state = { step: "away" };
let memory = { way: "badge" };
let told = "";
let shown = null;
let touched = Date.now();

const byId = (id) => document.getElementById(id);

const act = {
  atKiosk: AT_KIOSK,
  /** Post one answer and show why it was refused, if so. */
  async post(name, body) {
    touched = Date.now();
    const answer = await post(name, body);
    feed.refresh();
    return answer;
  },
  does: (name, body) => async () => {
    const answer = await act.post(name, body);
    if (answer.ok) memory = { way: memory.way };
    act.tell(answer.ok ? "" : answer.message);
  },
  tell(words) {
    told = words ?? "";
    render();
  },
  remember(change) {
    memory = { ...memory, ...change };
    told = "";
    render();
  },
  /** The doors are done, or left: sign out, and at the kiosk go back to the shoppers. */
  leaves: async () => {
    const left = await post("leave");
    if (!left.ok) return act.tell(left.message);
    await post("sign-out");
    if (AT_KIOSK) location.assign("/");
    feed.refresh();
  },
};

function away() {
  return screen("The bridge does not answer", "It may be starting. This page goes on by itself.", waiting());
}

function doing([title, lead]) {
  return screen(title, lead, waiting());
}

function stop() {
  const lock = async () => {
    await post("sign-out");
    memory = { way: "badge" };
    if (AT_KIOSK) location.assign("/");
    feed.refresh();
  };
  const keep = banner("info", "What was found is kept", "Nothing is lost by stopping; go on another time.");
  const open = button("Open the lockers as they were wired before", "large", act.leaves);
  const ways = row(button("Keep them closed, and sign out", "primary large", lock), open, button("Go on", "large", () => act.remember({ stop: false })));
  return screen("Stop here?", "Shut every door first.", keep, ways);
}

function view() {
  if (state.step === "away") return ["away", away()];
  if (state.step !== "sign_in" && memory.stop) return ["stop", stop()];
  if (state.doing) return [`doing ${state.doing}`, doing(DOING[state.doing])];
  if (memory.several && ["moved", "nothing"].includes(state.step)) return ["several", doors.several(state, act)];
  const { seq, ...said } = state;
  return [JSON.stringify([said, memory]), SCREENS[state.step](state, act, memory)];
}

function dress() {
  const inside = !["away", "sign_in", "begin", "written"].includes(state.step);
  const title = make("p", { class: "masthead__title" }, make("strong", {}, "Set up the doors"), inside && make("span", { class: "small soft" }, "Closed for service"));
  const mark = make("img", { src: "/static/kiosk/mark.svg", alt: "", class: "masthead__mark" });
  byId("top").replaceChildren(mark, title, inside ? button("Stop", "quiet", () => act.remember({ stop: !memory.stop })) : "");
}

function render() {
  const [key, element] = view();
  const words = told || (state.doing ? "" : state.said) || "";
  if (key !== shown?.key) {
    dress();
    byId("main").replaceChildren(element);
    byId("main").querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
    shown = { key };
  }
  byId("main").querySelector(".refusal")?.remove();
  if (words) refuse(words);
  const text = [...byId("main").querySelectorAll(".words p, .banner")].map((each) => each.textContent).join(" ");
  if (byId("said").textContent !== text) byId("said").textContent = text;
}

/** Say why something came to nothing, where whoever scrolled down sees it. */
function refuse(words) {
  const element = make("div", { class: "refusal" }, banner("bad", words));
  byId("main").querySelector(".words").after(element);
  element.scrollIntoView({ block: "nearest" });
}

function heard(news) {
  const step = state.step;
  state = news ?? { step: "away" };
  if (step !== state.step) told = "";
  if (step !== state.step) memory = { way: memory.way };
  render();
}

if (AT_KIOSK) {
  guard();
  document.addEventListener("pointerdown", () => (touched = Date.now()), true);
  const nobody = () => ["sign_in", "begin", "written"].includes(state.step) && Date.now() - touched > AWAY_MS;
  setInterval(() => nobody() && location.assign("/"), 1_000);
}
const feed = follow(heard, AT_KIOSK);
render();
