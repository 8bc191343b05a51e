// Door after door: what opened, what did not, and what to do about it; then the whole bank, and its labels.
import { button, make } from "../kiosk/dom.js";
import { banner, choices, row, screen, stepper, tick, wall } from "./parts.js";

function progress(state) {
  const text = state.coil ? `Board ${state.coil.board}, channel ${state.coil.channel}` : "All coils";
  const bar = make("progress", { max: Math.max(1, state.all), value: state.done, "aria-label": "Coils answered for" });
  return make("div", { class: "progress" }, make("p", { class: "small soft" }, `${text} · ${state.done} of ${state.all}`), bar);
}

function undo(state, act) {
  return state.undo && button("Take the last answer back", "", act.does("undo"));
}

function described(door) {
  const { number, size, row: rowNumber, column, height, accessible, cold } = door;
  return { number, size, row: rowNumber, column, height, accessible, cold };
}

/** A door opened: which one is it? */
export function moved(state, act, memory) {
  const meant = state.suggested;
  const known = state.missing.length > 0 && !memory.details;
  const tapped = (door) => act.does("name", described(door))();
  const drawn = (state.doors.length > 0 || known) && wall(state.doors, known ? state.missing : [], meant.number, tapped);
  const other = known ? "It is a new door, or it changed" : "Tap it on the picture";
  const details = state.missing.length > 0 && button(other, "", () => act.remember({ details: known }));
  const several = button("More than one opened", "", () => act.remember({ several: true }));
  const lead = known ? "Tap the door that opened." : "Say what stands on it and where it is.";
  const ways = row(details, button("Open it again", "", act.does("again")), several, undo(state, act));
  return screen("Which door opened?", lead, progress(state), known ? drawn : form(meant, act), ways, !known && drawn);
}

function form(meant, act) {
  const number = stepper("Number on the door", meant.number, 1, 9999);
  const size = choices("Size", "size", ["S", "M", "L", "XL"].map((each) => [each, each]), meant.size);
  const cold = choices("How cold it is", "cold", [["", "Like the room"], ["chilled", "Chilled"], ["frozen", "Frozen"]], meant.cold);
  const column = stepper("Column, from the left", meant.column + 1, 1, 99);
  const rowNumber = stepper("Row, from the top", meant.row + 1, 1, 99);
  const height = stepper("Rows high", meant.height, 1, 20);
  const low = tick("Everybody can reach it (380 to 1220 mm above the floor)", meant.accessible);
  const go = (event) => {
    event.preventDefault();
    const where = { column: column.value() - 1, row: rowNumber.value() - 1, height: height.value() };
    act.does("name", { number: number.value(), size: size.value(), cold: cold.value(), ...where, accessible: low.value() })();
  };
  const pairs = [[number, size], [column, rowNumber], [height, low], [cold]].map((pair) => make("div", { class: "form__pair" }, ...pair.map((each) => each.element)));
  return make("form", { class: "form", onsubmit: go }, ...pairs, make("button", { class: "button button--primary button--large" }, "This is the door"));
}

export function several(_state, act) {
  const lead = "One sensor moved and several doors: two boards share an address, or two coils are wired together. Nothing is written while they are so.";
  const back = button("It was only one", "large", () => act.remember({ several: false }));
  return screen("Give each board its own address", lead, row(button("Look for the boards again", "primary large", act.does("look-again")), back));
}

/** No sensor moved. */
export function nothing(state, act, memory) {
  if (memory.unseen) {
    const lead = "Its sensor is not connected here. A door that cannot be seen is not written: see to its plug, then shut the door.";
    return screen("See to its sensor", lead, progress(state), row(button("Open it again", "primary large", act.does("again")), button("Leave this door out", "large", act.does("skip"))));
  }
  const none = button("No door here", "primary large", act.does("skip"));
  const rest = button("None on the rest of this board", "large", act.does("skip", { rest: true }));
  const one = button("A door opened all the same", "", () => act.remember({ unseen: true }));
  const two = button("Two doors opened", "", () => act.remember({ several: true }));
  return screen("No sensor moved", "Look at the bank: did a door open?", progress(state), row(none, rest), row(button("Open it again", "", act.does("again")), one, two, undo(state, act)));
}

/** Swapped plugs, wires tied together, or a sensor the other way round. */
export function wrong(state, act) {
  const turned = state.finding?.kind === "inverted";
  const words = banner(turned ? "info" : "bad", state.finding?.words ?? "", turned ? "" : "Put the plugs right: nothing is written while they are so.");
  return screen(turned ? "The sensors speak the other way round" : "The wires are not right", "Shut every door before you go on.", progress(state), words, row(button("Open it again", "primary large", act.does("again")), button("Leave this coil out", "large", act.does("skip")), undo(state, act)));
}

export function line(state, act) {
  return screen("The boards cannot be reached", state.said || "See to the cable.", progress(state), row(button("Try again", "primary large", act.does("again")), button("Look for the boards again", "large", act.does("look-again"))));
}

/** Something stands open. */
export function shut(state, act) {
  const ready = state.open === 0;
  const lead = ready ? "Stand where you see every door." : `${state.open === 1 ? "A sensor says" : `${state.open} sensors say`} that a door stands open. Shut every door, then go on.`;
  const all = !ready && button("Every door is shut", "large", act.does("shut", { all_are: true }));
  return screen(ready ? "Open the next door?" : "Shut every door", lead, progress(state), row(button(ready ? "Open it" : "Go on", "primary large", act.does("shut")), all), row(undo(state, act), button("Back to the boards", "", act.does("look-again"))));
}

export function review(state, act) {
  const count = `${state.doors.length} door${state.doors.length === 1 ? "" : "s"}`;
  const lost = state.missing.length > 0 && banner("warn", `Not found: ${state.missing.map((door) => door.number).join(", ")}`, "They go out of service. One that holds an order keeps the wiring from being written.");
  const drawn = state.doors.length > 0 && wall(state.doors, [], null, () => {});
  const write = state.doors.length > 0 && button("Write it", "primary large", act.does("write"));
  return screen(state.doors.length ? `Is that the whole bank: ${count}?` : "No door was found", "Once it is written, the lockers are open again.", lost, drawn, row(write, undo(state, act)));
}

export function written(state, act) {
  const page = make("a", { class: "button button--large", href: "/commission/labels.html", target: "_blank", rel: "noopener" }, "Labels for A4");
  const zpl = make("a", { class: "button button--large", href: "/commission/labels.zpl", download: "labels.zpl" }, "Labels for a label printer");
  const count = `${state.doors.length} door${state.doors.length === 1 ? "" : "s"} written`;
  return screen(count, "The lockers are open again. The service hears of it as soon as there is internet.", row(button("Done", "primary large", act.leaves)), !act.atKiosk && row(page, zpl), act.atKiosk && make("p", {}, "Print the labels from a laptop: this screen has no printer."));
}
