// Keys: people on a keyboard, and scanners that pretend to be one. What a scanner reads is hostile input.

const LONGEST = 64;
const SAME_SCAN_MS = 250; // characters further apart belong to different scans
const FAST_MS = 35; // nobody types this fast, scanners do
const OURS = /^LKR1:[A-Z2-7:]{1,59}$/;

/** Which keys the page never passes on to the browser: a QR symbol can press them too. */
function forbidden(event) {
  return event.ctrlKey || event.altKey || event.metaKey || /^(F\d+|ContextMenu|BrowserBack|BrowserForward)$/.test(event.key);
}

/**
 * Listen to the whole document. `heard` takes: digit(d) -> false when there is no room, takeBack(n), erase(), clear(),
 * scan(text) for one of our QR texts, stray() for anything else a scanner read.
 */
export function listen(heard) {
  let burst = ""; // what arrived without a gap
  let run = 0; // how many digits at its end came too fast for a person
  let scanning = false; // the burst is no typing: nothing of it may reach the boxes or a button
  let last = -Infinity;

  function judge() {
    const text = burst;
    burst = "";
    run = 0;
    scanning = false;
    if (text.length <= LONGEST && OURS.test(text)) heard.scan(text);
    else heard.stray();
  }

  function startScan() {
    if (!scanning && run > 1) heard.takeBack(run);
    scanning = true;
  }

  function printable(key, fast) {
    if (!fast) run = 0;
    const isDigit = /^[0-9]$/.test(key);
    if (!scanning && isDigit && heard.digit(key) !== false) run += 1;
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
    } else if (event.key === "Backspace") {
      heard.erase();
    } else if (event.key === "Delete" || event.key === "Escape") {
      heard.clear();
    }
  }

  function press(event) {
    if (forbidden(event)) return event.preventDefault();
    if (event.key === "Shift" || event.key === "CapsLock") return undefined;
    const gap = event.timeStamp - last;
    last = event.timeStamp;
    if (gap > SAME_SCAN_MS) {
      burst = "";
      run = 0;
      scanning = false;
    }
    if (event.key.length !== 1 || (event.key === " " && !scanning)) return control(event, gap < FAST_MS);
    event.preventDefault();
    return printable(event.key, gap < FAST_MS);
  }

  document.addEventListener("keydown", press, true);
}
