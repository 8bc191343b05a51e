import { follow, make, time } from "./page.js";

const WORDS = { queued: "On its way", sent: "Sent", delivered: "Delivered", undelivered: "Not delivered", failed: "Not sent" };
const number = document.querySelector("#number");
const thread = document.querySelector("#thread");
let messages = [];

// Links are made from text, never from markup.
function linked(text) {
  return text.split(/(https?:\/\/[^\s]*[^\s.,;:!?)])/).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = make("a", "", part);
    link.href = part;
    return link;
  });
}

function drawText(message) {
  const parts = message.segments > 1 ? `${message.segments} parts` : "1 part";
  const failed = ["undelivered", "failed"].includes(message.status);
  const meta = `${WORDS[message.status] ?? message.status} ${time(message.at)} · ${parts}`;
  return make("li", failed ? "text text--failed" : "text",
    make("p", "text__body", ...linked(message.body)),
    make("p", "text__meta small soft", failed ? `${meta} · ${message.error_code}` : meta));
}

function drawThread() {
  const shown = messages.filter((message) => message.to === number.value);
  document.querySelector("#empty").hidden = shown.length > 0;
  document.querySelector("#from").textContent = shown.length ? `Texts from ${shown.at(-1).from}` : "No texts yet";
  thread.replaceChildren(...shown.map(drawText));
  thread.scrollTop = thread.scrollHeight;
}

function draw(payload) {
  const known = new Set([...number.options].map((option) => option.value));
  messages = payload.messages;
  for (const { to } of messages) {
    if (!known.has(to)) number.append(new Option(to, to));
    known.add(to);
  }
  number.hidden = known.size === 0;
  if (!number.value && known.size) number.selectedIndex = 0;
  drawThread();
}

number.addEventListener("change", drawThread);
follow("/phone/api/messages", draw);
