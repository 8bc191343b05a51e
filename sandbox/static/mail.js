import { follow, make, time } from "./page.js";

const list = document.querySelector("#list");
const page = document.querySelector("#page");
let mails = [];
let chosen = "";

// The mail's own page is kept in a frame that runs nothing; its links open beside it.
function show(mail) {
  document.querySelector("#subject").textContent = mail.subject;
  document.querySelector("#who").textContent = `${mail.from} → ${mail.to} · ${time(mail.at)}`;
  const headers = Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`);
  document.querySelector("#text").textContent = [...headers, "", mail.text].join("\n");
  const framed = mail.html.replace("<head>", '<head><base target="_blank">');
  if (page.srcdoc !== framed) page.srcdoc = framed;
}

function key(mail) {
  return mail.at + mail.message_id;
}

function draw(payload) {
  mails = payload.messages.toReversed();
  document.querySelector("#none").hidden = mails.length > 0;
  document.querySelector("#mails").hidden = mails.length === 0;
  if (!mails.some((mail) => key(mail) === chosen) && mails.length) chosen = key(mails[0]);
  drawList();
}

function drawList() {
  list.replaceChildren(...mails.map((mail) => {
    const button = make("button", "card mails__one",
      make("span", "strong", mail.subject), make("span", "small soft", `${mail.to} · ${time(mail.at)}`));
    button.type = "button";
    if (key(mail) === chosen) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => { chosen = key(mail); drawList(); });
    return make("li", "", button);
  }));
  const mail = mails.find((each) => key(each) === chosen);
  if (mail) show(mail);
}

page.addEventListener("load", () => {
  page.style.blockSize = `${page.contentDocument.documentElement.scrollHeight}px`;
});
follow("/mail/api/messages", draw);
