// Small helpers of the sandbox's pages. Text from outside goes into text nodes only.

export function make(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children);
  return element;
}

export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const payload = await answer.json();
  if (!answer.ok) throw new Error(payload.error?.message ?? "The sandbox could not do this.");
  return payload;
}

export function time(text) {
  return new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// Reads again and again, and draws only what changed.
export function follow(path, draw, milliseconds = 1000) {
  let last = "";
  const look = async () => {
    try {
      const payload = await ask(path);
      const now = JSON.stringify(payload);
      if (now !== last) draw(payload);
      last = now;
    } catch {
      // The sandbox is restarting: the next look finds it.
    }
  };
  setInterval(look, milliseconds);
  look();
  return look;
}
