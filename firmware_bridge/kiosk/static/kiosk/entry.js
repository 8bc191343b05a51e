// What people put in: typed digits, scanned texts, pressed buttons. Sent to the bridge, and its verdicts remembered.
import { post } from "./api.js";
import { chime } from "./chime.js";
import { CODE_DIGITS, DOOR_MOVING } from "./model.js";
import { signing } from "./staff/sign-in.js";
import { words } from "./words.js";

const CHECKING_MS = 350; // nine digits stay readable this long
const SESSION_WAIT_MS = 4_000; // an accepted code's session shows well within this
const SAME_SCAN_MS = 3_000; // a scanner reads a QR code held to it several times
const NOTICES = { busy: "busy", error: "error", stray: "stray", pay: "pay" };

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));

export class Entry {
  #page;
  #posting = false;
  #settling = null;
  #scan; // how far the last scan of the bridge's own scanner was followed

  /** `page` is the kiosk: memory, state, lost, remember(), screen(), overdue(), aloud(), startPause(), freshen(). */
  constructor(page) {
    this.#page = page;
  }

  /** One more digit; false when there is no room for one. The ninth is sent after `settleMs`. */
  digit(digit, settleMs = 0) {
    const { typed, checking, staffOpen } = this.#page.memory;
    if (this.#page.screen() !== "home" || checking || staffOpen || typed.length >= CODE_DIGITS) return false;
    const code = typed + digit;
    this.#page.remember({ typed: code, notice: null, reported: null });
    this.#page.aloud(digit);
    if (code.length === CODE_DIGITS) this.#settling = setTimeout(() => this.#submit("/api/code", { code }, "no_typed"), settleMs);
    return true;
  }

  /** Take back the last `n` digits. */
  takeBack(n) {
    this.#type(this.#page.memory.typed.slice(0, -n));
  }

  erase() {
    const { checking, typed } = this.#page.memory;
    if (this.#page.screen() !== "home" || checking || !typed) return;
    this.takeBack(1);
    this.#page.aloud(words.erase);
  }

  clear() {
    const { checking, typed } = this.#page.memory;
    if (checking || !typed) return;
    this.#type("");
    this.#page.aloud(words.clear);
  }

  /** Something was scanned that is none of ours. */
  stray() {
    if (this.#page.screen() !== "home" || this.#page.memory.checking) return;
    this.#page.remember({ typed: "", notice: "stray", reported: null });
    chime("no");
  }

  /** A scanner typed one of our texts. Nothing is scanned while somebody's door is open. */
  async scanned(text) {
    const { checking, scanned } = this.#page.memory;
    const session = this.#page.state?.session;
    const repeated = scanned?.text === text && (session || Date.now() - scanned.at < SAME_SCAN_MS);
    const inUse = session && DOOR_MOVING.includes(session.phase) && !this.#page.overdue();
    if (checking || repeated || this.#page.lost || inUse) return;
    this.forget();
    this.#page.remember({ scanned: { text, at: Date.now() }, typed: "", checking: true });
    if (session) await this.end(); // whoever was here has finished: the next one is scanning
    await this.#submit("/api/scan", { text }, "no_scanned");
  }

  /** The bridge has a scanner of its own: what it read shows here as if it had been sent from here. */
  follow(scan, first) {
    const stage = scan && `${scan.id} ${scan.verdict}`;
    if (stage === this.#scan) return;
    this.#scan = stage;
    if (first || !scan) return;
    this.forget();
    this.#page.freshen();
    if (scan.verdict === null) this.#page.remember({ typed: "", checking: true, notice: null });
    else this.#judged(scan, "no_scanned");
  }

  /** Post for a button, say how it went; a second tap while one is under way does nothing. */
  async press(path, body, reported = null) {
    if (this.#posting) return;
    this.#posting = true;
    const taken = await post(path, body).then(() => true, () => false);
    this.#posting = false;
    this.#page.remember({ reported: taken ? reported : "unreported" });
  }

  /** End the session. The bridge may have ended it by itself already, which is as good. */
  end() {
    return post("/api/done", {}).catch(() => null);
  }

  /** Whatever was about to be sent is not. */
  forget() {
    clearTimeout(this.#settling);
  }

  #type(typed) {
    this.forget();
    this.#page.remember({ typed });
  }

  async #submit(path, body, refusal) {
    const before = this.#page.state?.session?.id;
    const readable = sleep(CHECKING_MS);
    this.#page.remember({ checking: true });
    const answer = await post(path, body).catch(() => ({ verdict: "error", retry_after: null }));
    await readable;
    if (answer.verdict === "open") await this.#sessionOtherThan(before);
    this.#judged(answer, refusal);
  }

  #judged({ verdict, retry_after: pause }, refusal) {
    if (verdict === "pin") {
      this.#page.remember({ typed: "", checking: false, notice: null, signing: signing("pin") });
      return this.#page.freshen();
    }
    if (verdict === "wait") this.#page.startPause(pause ?? 0);
    if (["no", "stray", "pay"].includes(verdict)) chime("no");
    const notice = verdict === "no" ? refusal : (NOTICES[verdict] ?? null);
    const kept = ["counter", "closed"].includes(verdict) ? verdict : null;
    this.#page.remember({ typed: "", checking: false, reported: null, notice, verdict: kept });
    return this.#page.freshen();
  }

  async #sessionOtherThan(id) {
    const deadline = Date.now() + SESSION_WAIT_MS;
    const arrived = () => this.#page.state?.session && this.#page.state.session.id !== id;
    while (!arrived() && Date.now() < deadline) await sleep(50);
  }
}
