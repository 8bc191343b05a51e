// The screens that staff see, by the names that `look` in ../model.js gives them. Each is a function as in
// ../screens.js: (view, act, state, memory) -> {element, update?}.
import { door } from "../door.js";
import { make, waiting } from "../dom.js";
import { calm } from "../screens.js";
import { words } from "../words.js";
import { staffJob, staffList, staffOrder } from "./desk.js";
import { signIn } from "./sign-in.js";

function staffAtWork() {
  return { element: calm(waiting(), words.staff_at_work_title, words.staff_at_work) };
}

export const STAFF_SCREENS = { staffDoor: door, staffAtWork, signIn, staffList, staffOrder, staffJob };
