// The kiosk's one changing thing: the bridge's state, what is being typed, and the screen both call for.
import { follow, post } from "./api.js";
import { door } from "./door.js";
import { watch } from "./idle.js";
import { home } from "./keypad.js";
import { CODE_DIGITS, DOOR_MOVING, leavesTraces, look, nobody } from "./model.js";
import * as screens from "./screens.js";
import { staffCorner } from "./staff.js";
import { listen } from "./wedge.js";

const CHECKING_MS = 350; // nine digits stay readable this long
const SETTLE_MS = 120; // a scanner's tenth digit arrives within this
const SESSION_WAIT_MS = 4_000; // an accepted code's session shows well within this
const SAME_SCAN_MS = 3_000; // a scanner reads a QR code held to it several times
const TICK_MS = 250;

const BUILDERS = { ...screens, home: (words, _view, act) => home(words, act), door, staffDoor: door };

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));
const secondsTo = (moment) => Math.max(0, Math.ceil((moment - Date.now()) / 1000));

export class Kiosk {
  #words;
  #main;
  #said;
  #onState;
  #state = null;
  #lost = true;
  #memory = nobody();
  #posting = false;
  #settling = null;
  #pausedUntil = 0;
  #presenceUntil = 0;
  #askedAgain = false;
  #shown = { key: null };

  /** `onState(state)` lets the page's frame follow the names of store and bank. */
  constructor({ words, main, said, onState }) {
    this.#words = words;
    this.#main = main;
    this.#said = said;
    this.#onState = onState;
    for (const name of ["digit", "erase", "clear", "again", "next", "problem", "done"]) this[name] = this[name].bind(this);
    this.staff = staffCorner(words, (open) => this.#remember({ staffOpen: open }));
    this.idle = watch(words, () => leavesTraces(this.#state, this.#memory), () => this.done());
    this.feed = follow((state) => this.#receive(state), () => this.#lose());
    for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, (e) => this.#touched(e), true);
    listen({
      digit: (digit) => this.#digit(digit, SETTLE_MS),
      takeBack: (n) => this.#type(this.#memory.typed.slice(0, -n)),
      erase: () => this.erase(),
      clear: () => this.clear(),
      scan: (text) => this.#scan(text),
      stray: () => this.#stray(),
    });
    setInterval(() => this.#render(), TICK_MS);
    this.#render();
  }

  // what people do

  digit(digit) {
    return this.#digit(digit, 0);
  }

  erase() {
    if (this.#view().name !== "home" || this.#memory.checking || !this.#memory.typed) return;
    this.#type(this.#memory.typed.slice(0, -1));
  }

  clear() {
    if (!this.#memory.checking) this.#type("");
  }

  again() {
    return this.#press("/api/again", {});
  }

  next() {
    return this.#press("/api/next", {});
  }

  problem(problem) {
    return this.#press("/api/problem", { problem }, "reported");
  }

  /** Finished, or nobody there any more: end the session and forget everything. */
  done() {
    if (this.#state?.session) this.#end();
    clearTimeout(this.#settling);
    this.staff.close();
    this.#memory = nobody();
    this.#said.textContent = "";
    this.#render();
  }

  /** End the session. The bridge may have ended it by itself already, which is as good. */
  #end() {
    return post("/api/done", {}).catch(() => null);
  }

  // typing and scanning

  #type(typed) {
    clearTimeout(this.#settling);
    this.#remember({ typed });
  }

  #digit(digit, settleMs) {
    const { typed, checking } = this.#memory;
    if (this.#view().name !== "home" || checking || this.#memory.staffOpen || typed.length >= CODE_DIGITS) return false;
    const code = typed + digit;
    this.#remember({ typed: code, notice: null, reported: null });
    if (code.length === CODE_DIGITS) this.#settling = setTimeout(() => this.#submit("/api/code", { code }, "no_typed"), settleMs);
    return true;
  }

  #stray() {
    if (this.#view().name === "home" && !this.#memory.checking) this.#remember({ typed: "", notice: "stray", reported: null });
  }

  async #scan(text) {
    const { checking, scanned } = this.#memory;
    const session = this.#state?.session;
    const repeated = scanned?.text === text && (session || Date.now() - scanned.at < SAME_SCAN_MS);
    if (checking || repeated || this.#lost || (session && DOOR_MOVING.includes(session.phase))) return;
    this.staff.close();
    clearTimeout(this.#settling);
    this.#remember({ scanned: { text, at: Date.now() }, typed: "", checking: true });
    if (session) await this.#end(); // whoever was here has finished: the next one is scanning
    await this.#submit("/api/scan", { text }, "no_scanned");
  }

  async #submit(path, body, refusal) {
    const before = this.#state?.session?.id;
    const readable = sleep(CHECKING_MS);
    this.#remember({ checking: true });
    const answer = await post(path, body).catch(() => ({ verdict: "error", retry_after: null }));
    await readable;
    if (answer.verdict === "open") await this.#sessionOtherThan(before);
    if (answer.verdict === "wait") this.#pausedUntil = Date.now() + (answer.retry_after ?? 0) * 1000;
    const notice = { no: refusal, busy: "busy", error: "error" }[answer.verdict] ?? null;
    const verdict = ["counter", "closed"].includes(answer.verdict) ? answer.verdict : null;
    this.#remember({ typed: "", checking: false, reported: null, notice, verdict });
    this.idle.restart();
  }

  async #sessionOtherThan(id) {
    const deadline = Date.now() + SESSION_WAIT_MS;
    const arrived = () => this.#state?.session && this.#state.session.id !== id;
    while (!arrived() && Date.now() < deadline) await sleep(50);
  }

  /** Post for a button, say how it went; a second tap while one is under way does nothing. */
  async #press(path, body, reported = null) {
    if (this.#posting) return;
    this.#posting = true;
    const taken = await post(path, body).then(() => true, () => false);
    this.#posting = false;
    this.#remember({ reported: taken ? reported : "unreported" });
  }

  // what the bridge says

  #receive(state) {
    const before = this.#state?.session?.id;
    const now = Date.now();
    this.#pausedUntil = now + state.paused_seconds * 1000;
    this.#presenceUntil = now + (state.presence?.seconds_left ?? 0) * 1000;
    this.#askedAgain = false;
    this.#lost = false;
    this.#state = state;
    if (before !== undefined && before !== state.session?.id) Object.assign(this.#memory, { reported: null, verdict: null });
    if (before !== undefined && !state.session) this.#memory.scanned = null;
    this.#onState(state);
    this.#render();
  }

  #lose() {
    this.#lost = true;
    this.#memory.checking || this.#type("");
    this.#render();
  }

  // the screen

  #touched(event) {
    const onButton = event.type === "keydown" && ["Enter", " ", "Tab", "Shift"].includes(event.key);
    if (!this.idle.asking || (!onButton && event.type === "keydown")) this.idle.restart();
  }

  #remember(change) {
    Object.assign(this.#memory, change);
    this.#render();
  }

  #view() {
    return look(this.#state, this.#lost, this.#memory, secondsTo(this.#pausedUntil));
  }

  #show(view) {
    this.#shown = { ...BUILDERS[view.name](this.#words, view, this, this.#state, this.#memory), key: view.key };
    this.#shown.update?.(view, this.#memory);
    this.#main.replaceChildren(this.#shown.element);
    this.#main.querySelector("h1").focus({ preventScroll: true });
    this.idle.restart();
  }

  /** Say what stands there. A new screen's title is read out with the focus it takes, home's is not. */
  #announce() {
    const title = this.#shown.key === "home" ? ".say h1, " : "";
    const text = [...this.#main.querySelectorAll(`${title}.say p:not([role=timer]), .banner`)].map((element) => element.textContent).join(" ");
    if (this.#said.textContent !== text) this.#said.textContent = text;
  }

  #render() {
    const view = this.#view();
    if (view.key !== this.#shown.key) this.#show(view);
    else this.#shown.update?.(view, this.#memory);
    this.#announce();
    this.staff.update(this.#state, secondsTo(this.#presenceUntil));
    this.idle.tick();
    this.#askAgainWhenDue();
  }

  /** A presence code or a pause has run out: ask for the state at once instead of waiting for news. */
  #askAgainWhenDue() {
    const due = this.#memory.staffOpen && this.#state?.presence && secondsTo(this.#presenceUntil) === 0;
    const resumed = this.#state?.paused_seconds > 0 && secondsTo(this.#pausedUntil) === 0;
    if (this.#askedAgain || !(due || resumed)) return;
    this.#askedAgain = true;
    this.feed.refresh();
  }
}
