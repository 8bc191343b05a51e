// Keys: people on a keyboard or keypad, and scanners that pretend to be one. What a scanner reads is hostile input.
// A scanner that types is set to put ~ before and Enter after what it read; one that is not is known by its speed.
import { allowed } from "./guard.js";

const PREFIX = "~";
const LONGEST = 64;
const SAME_SCAN_MS = 250; // characters further apart belong to different scans
const SAME_FRAME_MS = 1_000; // between ~ and Enter a slow machine may stumble
const FAST_MS = 35; // nobody types this fast, scanners do
const OURS = /^LK[RS]1:[0-9A-Z.:-]{1,59}$/;
const COMMANDS = { "+": "forward", "-": "back", "*": "aloud", "/": "repeat" }; // a number pad works the whole page

/**
 * Listen to the whole document. `heard` takes: digit(d) -> false when there is no room, takeBack(n), erase(), clear(),
 * command(name), scan(text) for one of our QR texts, stray(text) for anything else a scanner read.
 */
export function listen(heard) {
  let burst = ""; // what arrived without a gap
  let run = 0; // how many digits at its end came too fast for a person
  let scanning = false; // the burst is no typing: nothing of it may reach the boxes or a button
  let framed = false; // the scan began with its prefix
  let last = -Infinity;
  let command = null;

  function forget() {
    burst = "";
    run = 0;
    scanning = framed = false;
  }

  function judge() {
    const text = burst;
    forget();
    if (text.length <= LONGEST && OURS.test(text)) heard.scan(text);
    else heard.stray(text.slice(0, LONGEST));
  }

  function startScan() {
    if (!scanning && run > 1) heard.takeBack(run);
    scanning = true;
  }

  /** A key that means something by itself waits a moment: the first sign of a scan means nothing. */
  function order(name) {
    command = setTimeout(() => {
      forget();
      heard.command(name);
    }, FAST_MS + 15);
  }

  function printable(key, fast) {
    clearTimeout(command);
    if (!fast) run = 0;
    if (key === PREFIX) {
      startScan();
      framed = true;
      burst = "";
      return;
    }
    if (!scanning && !fast && key in COMMANDS) order(COMMANDS[key]);
    else if (!scanning && /^[0-9]$/.test(key) && heard.digit(key) !== false) run += 1;
    else startScan();
    if (burst.length <= LONGEST) burst += key;
  }

  function control(event, fast) {
    if (event.key === "Enter" && (scanning || (run > 1 && fast))) {
      event.preventDefault();
      if (burst.length < 9) startScan();
      if (scanning) judge();
    } else if (scanning) {
      event.preventDefault();
    } else if (event.key === "Tab") {
      event.preventDefault();
      heard.command(event.shiftKey ? "back" : "forward");
    } else if (event.key === "Backspace") {
      heard.erase();
    } else if (event.key === "Delete" || event.key === "Escape") {
      heard.clear();
    }
  }

  function press(event) {
    if (!allowed(event)) return event.preventDefault();
    if (event.key === "Shift") return undefined;
    const gap = event.timeStamp - last;
    last = event.timeStamp;
    if (gap > (framed ? SAME_FRAME_MS : SAME_SCAN_MS)) forget();
    if (event.key.length !== 1 || (event.key === " " && !scanning)) return control(event, gap < FAST_MS);
    event.preventDefault();
    return printable(event.key, gap < FAST_MS);
  }

  document.addEventListener("keydown", press, true);
}
