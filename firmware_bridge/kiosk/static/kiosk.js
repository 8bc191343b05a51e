// The kiosk page: its size on this panel, what a browser must not do here, and then the kiosk itself.
import { Kiosk } from "./kiosk/app.js";
import { guard } from "./kiosk/guard.js";

const root = document.documentElement;
const byId = (id) => document.getElementById(id);

/** Sizes are in millimetres of the real panel; a value nobody could mean is ignored. */
function fitPanel() {
  const pxPerMm = Number(root.dataset.pxPerMm);
  if (pxPerMm >= 1 && pxPerMm <= 30) root.style.setProperty("--px-per-mm", pxPerMm);
}

fitPanel();
guard();
new Kiosk({ main: byId("main"), said: byId("said"), language: root.dataset.language });
