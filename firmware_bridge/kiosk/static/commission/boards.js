// Before the first door: closing the bank, goods in it, which boards hang on which line, and who of them answers.
import { button, make } from "../kiosk/dom.js";
import { banner, choices, field, row, screen, stepper, tick } from "./parts.js";
import { badgeFields, refused } from "./sign-in.js";

export function begin(_state, act) {
  const lead = "The lockers close for service: nobody’s code opens a door until you are done. Then every door opens once, one after another.";
  return screen("Close the lockers and begin?", lead, row(button("Close and begin", "primary large", act.does("begin"))));
}

/** Orders lie in the bank: a manager must say so. */
export function goods(state, act) {
  const name = field("The manager’s name", { maxlength: 80 });
  const word = state.word === "badge" ? badgeFields() : { elements: [name.element], values: () => ({ name: name.input.value }) };
  const sure = tick("I am here, and these doors may be opened now");
  const go = async (event) => {
    event.preventDefault();
    if (!sure.value()) return act.tell("Tick that you are here and that these doors may be opened.");
    const told = await act.post("goods", { ...word.values(), sure: true });
    return act.tell(told.verdict === undefined ? told.message : refused(told));
  };
  const send = make("button", { class: "button button--primary button--large" }, "They may be opened");
  const doors = banner("warn", `Orders are behind: ${state.goods.join(", ")}`, "Each of these doors will open. Watch them, and shut each one with everything inside.");
  const lead = state.word === "badge" ? "A manager of this store must be here and show badge and PIN." : "A manager of this store must be here.";
  return screen("These doors hold orders", lead, doors, make("form", { class: "form" , onsubmit: go }, ...word.elements, sure.element, send));
}

function lineText(line) {
  return `${line.path}${line.trouble ? ` (${line.trouble})` : ""}`;
}

function picked(label, options, chosen) {
  const id = `pick-${label.toLowerCase().replaceAll(/[^a-z]/g, "")}`;
  const list = options.map(([value, text]) => make("option", { value, selected: value === chosen }, text));
  const select = make("select", { class: "input", id }, ...list);
  return { element: make("div", { class: "field" }, make("label", { class: "field__label", for: id }, label), select), value: () => select.value };
}

/** Which boards, on which line. */
export function boards(state, act) {
  const line = picked("Line", state.lines.map((each) => [each.path, lineText(each)]), state.line);
  const board = picked("Boards", state.boards.known.map((name) => [name, name]), state.boards.board);
  const sensor = choices("The sensors look at", "sensor", [["door", "The door"], ["hook", "The hook"]], state.boards.sensor);
  const count = stepper("How many boards hang on it", Math.max(1, state.count), 1, 32);
  const shared = tick("They are new and may share an address: I connect them one by one");
  const kept = state.kept > 0 && tick(`Go on with the ${state.kept} doors that were found last time`, true);
  const go = (event) => {
    event.preventDefault();
    act.does("boards", { line: line.value(), board: board.value(), sensor: sensor.value(), count: count.value(), one_by_one: shared.value(), resume: Boolean(kept && kept.value()) })();
  };
  const fields = [line, board, sensor, count, shared, kept].filter(Boolean).map((each) => each.element);
  const send = make("button", { class: "button button--primary button--large" }, "Look for the boards");
  return screen("Which boards are they?", "Shut every door first.", make("form", { class: "form", onsubmit: go }, ...fields, send));
}

export function connect(state, act) {
  const nth = state.connected + 1;
  const lead = state.found.length ? `Answering so far: ${named(state.found)}.` : "Connect this one alone.";
  return screen(`Connect board ${nth} of ${state.count}`, lead, row(button("It is connected", "primary large", act.does("connect")), button("Back", "large", act.does("look-again"))));
}

function named(found) {
  return found.map((address) => `board ${address}`).join(", ");
}

/** Who answered. */
export function found(state, act) {
  const few = state.found.length < state.count;
  const again = button("Change or look again", few ? "primary large" : "large", act.does("look-again"));
  if (state.found.length === 0) {
    return screen("No board answers", "See that they have power, and that A and B of the line are not swapped.", row(again));
  }
  const go = button("Go on", few ? "large" : "primary large", act.does("take"));
  const note = few && banner("warn", `Fewer than ${state.count}`, "Two boards may share one address, or one has no power. Give each its own address, or connect them one by one.");
  return screen(`Answering: ${named(state.found)}`, few ? "" : "Now the doors open one after another.", note, few ? row(again, go) : row(go, again));
}
