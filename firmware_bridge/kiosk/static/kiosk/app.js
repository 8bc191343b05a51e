// The kiosk's one changing thing: the bridge's state, what is being put in, and the screen both call for.
import { follow } from "./api.js";
import { reminder } from "./chime.js";
import { door } from "./door.js";
import { easeDialog } from "./ease.js";
import { Entry } from "./entry.js";
import { frame } from "./frame.js";
import { moveFocus } from "./guard.js";
import { watch } from "./idle.js";
import { home } from "./keypad.js";
import { languageDialog } from "./languages.js";
import * as model from "./model.js";
import { firstTouchWakes, rest } from "./rest.js";
import { SCREENS } from "./screens.js";
import { staffCorner } from "./staff/corner.js";
import { ask, find } from "./staff/ask.js";
import { STAFF_SCREENS } from "./staff/screens.js";
import { put, signing } from "./staff/sign-in.js";
import { Voice, speaks } from "./voice.js";
import { listen } from "./wedge.js";
import { choose, known, words } from "./words.js";

const SETTLE_MS = 120; // a scanner's tenth digit arrives within this
const TICK_MS = 250;
const BUILDERS = { ...SCREENS, ...STAFF_SCREENS, home, door, rest };
const TITLE_AND_TEXT = "main h1, main .say p, main .banner";
const TEXT = "main .say p, main .banner";

const secondsTo = (moment) => Math.max(0, Math.ceil((moment - Date.now()) / 1000));

export class Kiosk {
  state = null;
  lost = true;
  memory = model.nobody();
  #main;
  #said;
  #language;
  #pausedUntil = 0;
  #presenceUntil = 0;
  #askedAgain = false;
  #shown = { key: null };
  #touchedAt = Date.now();
  #voice = new Voice();
  #entry = new Entry(this);

  /** `language` is what the page speaks until a shopper chooses another. */
  constructor({ main, said, language }) {
    this.#main = main;
    this.#said = said;
    this.#language = known(language);
    this.#build();
    this.feed = follow((state) => this.#receive(state), () => this.#lose());
    this.#hear();
    setInterval(() => this.#render(), TICK_MS);
    this.#render();
  }

  #build() {
    const speak = (tag) => this.remember({ language: tag });
    const ease = { wishes: () => this.memory, wish: (name) => this.#wish(name), speaks: () => speaks(words.lang) };
    this.languages = languageDialog(speak);
    this.ease = easeDialog(ease);
    this.staff = staffCorner(
      (open) => this.remember({ staffOpen: open }),
      () => this.remember({ signing: signing("badge") }),
    );
    this.frame = frame({
      language: speak,
      languages: () => this.languages.open(),
      ease: () => this.ease.open(),
      repeat: () => this.#voice.again(words.lang),
      help: () => this.problem("help"),
      staff: () => this.staff.open(),
    });
    this.idle = watch({
      needed: () => model.leavesTraces(this.state, this.memory),
      slow: () => model.eased(this.memory) || Boolean(this.state?.staff),
      leave: () => this.done(),
      asked: (text) => this.aloud(text),
    });
    this.reminder = reminder(() => this.aloud(this.#text(TITLE_AND_TEXT)));
  }

  #hear() {
    firstTouchWakes(() => this.memory.resting, () => this.#touched());
    document.addEventListener("pointerdown", () => this.#touched(), true);
    document.addEventListener("keydown", (event) => this.#keyed(event), true);
    document.addEventListener("focusin", ({ target }) => target.matches("button:focus-visible") && this.aloud(this.#label(target)));
    listen({
      digit: (digit) => (this.memory.signing ? put(this, digit) : this.#entry.digit(digit, SETTLE_MS)),
      takeBack: (n) => this.#entry.takeBack(n),
      erase: () => (this.memory.signing ? put(this, "") : this.#entry.erase()),
      clear: () => this.#entry.clear(),
      command: (name) => this.#command(name),
      scan: (text) => this.#entry.scanned(text),
      stray: (text) => (this.state?.staff ? find(this, text) : this.#entry.stray()),
    });
  }

  // what the screens' buttons do

  digit = (digit) => this.#entry.digit(digit);
  erase = () => this.#entry.erase();
  clear = () => this.#entry.clear();
  again = () => this.#entry.press("/api/again", {});
  next = () => this.#entry.press("/api/next", {});

  /** Call the staff. "heavy" has words of its own; to the bridge it is a call for help. */
  problem = (problem) => {
    const told = problem === "help" ? "reported" : `reported_${problem}`;
    const sent = problem === "heavy" ? "help" : problem;
    return this.#entry.press("/api/problem", { problem: sent }, this.state?.online ? told : "kept");
  };

  /** Finished, or nobody there any more: end the session and forget everything. */
  done = () => {
    if (this.state?.session) this.#entry.end();
    if (this.state?.staff) ask(this, "sign-out", { press: "" });
    this.#entry.forget();
    for (const dialog of [this.staff, this.ease, this.languages]) dialog.close();
    this.memory = model.nobody();
    this.#touchedAt = Date.now();
    this.#voice.stop();
    this.#said.textContent = "";
    this.#shown.key = null;
    this.#render();
  };

  #wish(name) {
    const on = !this.memory[name];
    this.remember({ [name]: on });
    this.ease.update();
    if (name !== "aloud") return;
    this.#voice.stop();
    this.#voice.say(on ? `${words.aloud_on} ${this.#text(TITLE_AND_TEXT)}` : words.aloud_off, words.lang);
  }

  #command(name) {
    if (name === "forward" || name === "back") moveFocus(name === "forward" ? 1 : -1);
    if (name === "repeat") this.#voice.again(words.lang);
    if (name === "aloud" && speaks(words.lang)) this.#wish("aloud");
  }

  // what the bridge says

  #receive(state) {
    const [before, first] = [this.state?.session?.id, this.state === null];
    const found = state.staff?.found;
    if (found && !first && found.id !== this.state.staff?.found?.id) Object.assign(this.memory, { chosen: found.pickup, refused: found.refused });
    const now = Date.now();
    this.#pausedUntil = now + state.paused_seconds * 1000;
    this.#presenceUntil = now + (state.presence?.seconds_left ?? 0) * 1000;
    this.#askedAgain = false;
    this.lost = false;
    this.state = state;
    if (before !== undefined && before !== state.session?.id) Object.assign(this.memory, { reported: null, verdict: null });
    if (before !== undefined && !state.session) Object.assign(this.memory, { scanned: null, ...model.noWishes() });
    if (state.session) [this.memory.resting, this.#touchedAt] = [false, now];
    this.#entry.follow(state.scan ?? null, first);
    this.#render();
    this.reminder.follow(state.session);
  }

  #lose() {
    this.lost = true;
    this.memory.checking || this.#entry.takeBack(model.CODE_DIGITS);
    this.#render();
  }

  /** Typing is paused for so many seconds. */
  startPause(seconds) {
    this.#pausedUntil = Date.now() + seconds * 1000;
  }

  /** Somebody is there. */
  freshen() {
    this.staff.close();
    this.#touchedAt = Date.now();
    this.memory.resting = false;
    this.idle.restart();
  }

  #touched() {
    this.#touchedAt = Date.now();
    if (!this.idle.asking) this.idle.restart();
    if (this.memory.resting) this.remember({ resting: false });
  }

  #keyed(event) {
    const onButton = ["Enter", " ", "Tab", "Shift", "+", "-"].includes(event.key);
    if (this.idle.asking && !onButton) this.idle.restart();
    this.#touched();
  }

  // the screen

  remember(change) {
    Object.assign(this.memory, change);
    this.#render();
  }

  /** The name of the screen now. */
  screen() {
    return this.#view().name;
  }

  /** Whether a door has stood open so long, by the bridge's word, that the next person may go on. */
  overdue() {
    return model.overdue(this.state?.session);
  }

  /** Say a text, if somebody wants to hear it. */
  aloud(text) {
    if (this.memory.aloud) this.#voice.say(text, words.lang);
  }

  /** How the page looks and speaks to whoever is there. */
  #dress() {
    for (const wish of ["larger", "low"]) document.documentElement.classList.toggle(`is-${wish}`, this.memory[wish]);
    if (choose(this.memory.language ?? this.#language)) this.frame.dress();
  }

  #view() {
    return model.look(this.state, this.lost, this.memory, { pausedSeconds: secondsTo(this.#pausedUntil), overdue: this.overdue() });
  }

  #show(view, key) {
    this.#shown = { ...BUILDERS[view.name](view, this, this.state, this.memory), name: view.name, key };
    this.#shown.update?.(view, this.memory);
    this.#main.replaceChildren(this.#shown.element);
    this.#main.querySelector("h1").focus({ preventScroll: true });
    this.idle.restart();
  }

  #text(selector) {
    const said = [...document.querySelectorAll(selector)].filter((element) => !element.matches("[role=timer]"));
    return said.map((element) => element.textContent).join(" ");
  }

  #label(element) {
    return element.getAttribute("aria-label") ?? element.innerText;
  }

  /** Say what stands there. A new screen's title is read out with the focus it takes, home's is not. */
  #announce() {
    const text = this.#text(this.#shown.name === "home" ? TITLE_AND_TEXT : TEXT);
    if (this.#said.textContent !== text) this.#said.textContent = text;
    const spoken = `${this.#text(TITLE_AND_TEXT)} ${words.lang}`;
    if (this.#shown.spoken === spoken) return;
    this.#shown.spoken = spoken;
    this.aloud(this.#text(TITLE_AND_TEXT));
  }

  #render() {
    this.#dress();
    if (this.#mayRest()) this.memory.resting = true;
    const view = this.#view();
    const key = `${view.key} ${words.lang}`;
    if (key === this.#shown.key) this.#shown.update?.(view, this.memory);
    else this.#show(view, key);
    this.frame.update(this.state, view, this.memory);
    this.#announce();
    this.staff.update(this.state, secondsTo(this.#presenceUntil));
    this.idle.tick();
    this.#askAgainWhenDue();
  }

  #mayRest() {
    const alone = Date.now() - this.#touchedAt >= model.REST_SECONDS * 1000;
    return alone && this.#view().key === "home" && !model.leavesTraces(this.state, this.memory);
  }

  /** A presence code or a pause has run out: ask for the state at once instead of waiting for news. */
  #askAgainWhenDue() {
    const due = this.memory.staffOpen && this.state?.presence && secondsTo(this.#presenceUntil) === 0;
    const resumed = this.state?.paused_seconds > 0 && secondsTo(this.#pausedUntil) === 0;
    if (this.#askedAgain || !(due || resumed)) return;
    this.#askedAgain = true;
    this.feed.refresh();
  }
}
