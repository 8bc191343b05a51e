// Draws the bank from its state, twice a second and after every press; what is pressed goes straight to the machine.

const EVERY_MS = 500;
const main = document.querySelector("main");
const api = main.dataset.api;
const doors = document.getElementById("doors");
const habits = document.getElementById("habits");
const boardChoice = document.getElementById("board");
const doorChoice = document.getElementById("door");
const boxes = new Map();
let state = null;

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${api}/${path}`, { cache: "no-store", ...options });
  if (answer.ok) show(await answer.json());
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function makeBox(door) {
  const box = element("div", "box");
  box.style.gridRow = `${door.row + 1} / span ${door.height}`;
  box.style.gridColumn = `${door.column + 1}`;
  const front = element("button", "box__door");
  const words = element("span", "box__state");
  const bad = element("span", "box__bad");
  front.append(element("span", "box__number", door.number), bad, element("span", "box__size", door.size), words);
  const goods = element("button", "box__goods");
  front.type = goods.type = "button";
  front.addEventListener("click", () => ask(`doors/${door.number}/${box.dataset.open === undefined ? "open" : "shut"}`, {}));
  goods.addEventListener("click", () => ask(`doors/${door.number}/${goods.dataset.in === undefined ? "put" : "take"}`, {}));
  box.append(front, goods);
  doors.append(box);
  doorChoice.append(new Option(door.number, door.number));
  return { box, front, words, goods, bad };
}

function drawBox(door) {
  if (!boxes.has(door.number)) boxes.set(door.number, makeBox(door));
  const { box, front, words, goods, bad } = boxes.get(door.number);
  box.toggleAttribute("data-open", !door.shut);
  goods.toggleAttribute("data-in", door.goods);
  goods.hidden = door.shut;
  goods.setAttribute("aria-label", `${door.goods ? "Take goods out of" : "Put goods into"} door ${door.number}`);
  goods.textContent = door.goods ? "Take out" : "Put in";
  words.textContent = door.shut ? (door.goods ? "Goods inside" : "Empty") : "Open";
  bad.textContent = door.stuck ? "Stuck" : door.jam ? `Jam ${door.jam}` : "";
  front.setAttribute("aria-label", `Door ${door.number}, ${words.textContent}. ${door.shut ? "Pull open" : "Push shut"}`);
}

function drawHabits() {
  const chosen = boardChoice.value === "" ? state.boards : state.boards.filter((board) => String(board.address) === boardChoice.value);
  const door = state.doors.find((each) => String(each.number) === doorChoice.value);
  for (const field of habits.querySelectorAll("[name]")) {
    const values = field.dataset.of === "door" ? [door?.[field.name]] : chosen.map((board) => board[field.name]);
    if (field.type === "checkbox") {
      field.checked = values.every(Boolean);
      field.indeterminate = !field.checked && values.some(Boolean);
    } else if (document.activeElement !== field) {
      field.value = values.every((value) => value === values[0]) ? values[0] : "";
    }
  }
}

function drawPulses() {
  const lines = state.pulses.map((pulse) => {
    const line = element("li", "");
    const what = pulse.door === null ? `Board ${pulse.board}, channel ${pulse.channel}: no door` : `Door ${pulse.door}`;
    line.append(element("span", "", what), element("time", "soft", new Date(pulse.at).toLocaleTimeString([], { hour12: false })));
    return line;
  });
  document.getElementById("pulses").replaceChildren(...(lines.length ? lines : [element("li", "soft", "None yet.")]));
}

function show(fresh) {
  const first = state === null;
  state = fresh;
  if (first) for (const board of state.boards) boardChoice.append(new Option(`Board ${board.address}`, board.address));
  state.doors.forEach(drawBox);
  drawHabits();
  drawPulses();
}

function valueOf(field) {
  if (field.type !== "checkbox") return field.value;
  return field.dataset.on === undefined ? field.checked : Number(field.checked ? field.dataset.on : field.dataset.off);
}

habits.addEventListener("submit", (event) => event.preventDefault());
habits.addEventListener("change", ({ target }) => {
  if (target === boardChoice || target === doorChoice) return drawHabits();
  const which = target.dataset.of === "door" ? { door: Number(doorChoice.value) } : boardChoice.value === "" ? {} : { board: Number(boardChoice.value) };
  return ask("behaviour", { ...which, [target.name]: valueOf(target) });
});
document.getElementById("healthy").addEventListener("click", () => ask("behaviour", { healthy: true }));

async function follow() {
  try {
    if (!document.hidden) await ask("state");
  } catch {
    // the machine is being restarted; the next look finds it
  }
  setTimeout(follow, EVERY_MS);
}

follow();
