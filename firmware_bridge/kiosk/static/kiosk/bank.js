// The picture of the real bank, and the words for where a door is.
import { fill, icon, make } from "./dom.js";
import { words } from "./words.js";

const COLUMN_WIDTH = 2.6; // how wide a column is drawn, in rows

const SIGNS = { shut: "tick", failed: "stop" }; // beside the number: never colour alone

function extent(doors) {
  const tops = doors.map((door) => door.row);
  const columns = doors.map((door) => door.column);
  const top = Math.min(...tops);
  const left = Math.min(...columns);
  const bottom = Math.max(...doors.map((door) => door.row + Math.max(1, door.height)));
  return { top, left, rows: bottom - top, columns: Math.max(...columns) - left + 1 };
}

function cell(door, area, marked, phase) {
  const here = door.number === marked;
  const element = make(
    "div",
    { class: `bank__door${here ? " bank__door--here" : ""}${door.in_service ? "" : " bank__door--out"}` },
    make("span", { class: "bank__leaf" }, make("b", {}, String(door.number)), here && phase in SIGNS && icon(SIGNS[phase])),
  );
  element.style.gridRow = `${door.row - area.top + 1} / span ${Math.max(1, door.height)}`;
  element.style.gridColumn = String(door.column - area.left + 1);
  return element;
}

/** Draw all doors as they stand in the store; `marked` is the number to point at, `phase` how it is drawn. */
export function picture(doors, marked, phase) {
  const area = extent(doors);
  const found = doors.find((door) => door.number === marked);
  const label = fill(words.bank_picture, { n: marked, where: found ? where(found, doors) : "" });
  const bank = make("div", { class: "bank", role: "img", "aria-label": label, "data-phase": phase });
  bank.append(...doors.map((door) => cell(door, area, marked, phase)));
  bank.style.setProperty("--rows", area.rows);
  bank.style.setProperty("--columns", area.columns);
  bank.style.setProperty("--ratio", String((area.columns * COLUMN_WIDTH) / area.rows));
  return make("div", { class: "bank-frame" }, bank);
}

function columnWords(position, columns) {
  if (columns === 1) return words.column_only;
  if (position === 1) return words.column_first;
  if (position === columns) return words.column_last;
  if (position * 2 === columns + 1) return words.column_middle;
  const fromLeft = position <= columns / 2;
  const n = fromLeft ? position : columns - position + 1;
  const nth = words.nth[n - 1] ?? fill(words.nth_beyond, { n });
  return fill(fromLeft ? words.column_left : words.column_right, { nth });
}

function heightWords(door, column) {
  const top = Math.min(...column.map((each) => each.row));
  const bottom = Math.max(...column.map((each) => each.row + each.height));
  if (column.length === 1) return "";
  if (door.row === top) return words.at_top;
  if (door.row + door.height === bottom) return words.at_bottom;
  const middle = (door.row + door.height / 2 - top) / (bottom - top);
  if (middle < 0.4) return words.at_upper;
  return middle > 0.6 ? words.at_lower : words.at_middle;
}

/** Where a door is, as one says it: "second column from the left, top". */
export function where(door, doors) {
  const area = extent(doors);
  const column = doors.filter((each) => each.column === door.column);
  const parts = [columnWords(door.column - area.left + 1, area.columns), heightWords(door, column)];
  return parts.filter(Boolean).join(words.comma);
}
