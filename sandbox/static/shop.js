import { ask, follow, make, time } from "./page.js";

const STATES = {
  unpaid: ["Not paid", "warn"],
  paid: ["Paid", "info"],
  ready: ["Ready for pickup", "good"],
  picked_up: ["Picked up", ""],
  cancelled: ["Cancelled", "bad"],
};
const form = document.querySelector("#checkout");
const said = document.querySelector("#said");
const basket = new Map();

function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
}

function step(button) {
  const good = button.closest(".good");
  const quantity = (basket.get(good.dataset.sku) ?? 0) + Number(button.dataset.step);
  setQuantity(good, Math.min(Math.max(quantity, 0), 9));
}

function setQuantity(good, quantity) {
  basket.set(good.dataset.sku, quantity);
  good.querySelector("output").textContent = quantity;
  good.querySelector('[data-step="-1"]').disabled = quantity === 0;
  good.toggleAttribute("data-chosen", quantity > 0);
  let cents = 0;
  for (const each of form.querySelectorAll(".good")) {
    cents += (basket.get(each.dataset.sku) ?? 0) * Number(each.dataset.price);
  }
  document.querySelector("#total").textContent = `$${(cents / 100).toFixed(2)}`;
  document.querySelector("#place").disabled = cents === 0;
}

async function place(event) {
  event.preventDefault();
  const fields = new FormData(form);
  const lines = [...basket].filter(([, quantity]) => quantity).map(([sku, quantity]) => ({ sku, quantity }));
  try {
    const { name } = await ask("/shop/api/orders", {
      location_id: fields.get("location_id"),
      first_name: fields.get("first_name"),
      phone: fields.get("phone"),
      email: fields.get("email"),
      paid: fields.get("paid") === "yes",
      lines,
    });
    for (const good of form.querySelectorAll(".good")) setQuantity(good, 0);
    say(`Order ${name} is placed.`);
    look();
  } catch (error) {
    say(error.message, true);
  }
}

function action(order, name, label, style) {
  const button = make("button", `button ${style}`, label);
  button.type = "button";
  button.setAttribute("aria-label", `${label} order ${order.name}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await ask(`/shop/api/orders/${order.order_id}/${name}`, {});
    } catch (error) {
      say(error.message, true);
    }
    look();
  });
  return button;
}

function drawOrder(order) {
  const [word, style] = STATES[order.state];
  const goods = order.lines.map((line) => (line.quantity > 1 ? `${line.quantity} × ${line.title}` : line.title));
  const who = [order.location, order.first_name, time(order.created_at)].filter(Boolean).join(" · ");
  const doing = make("div", "row order__doing");
  if (order.state === "unpaid") doing.append(action(order, "pay", "Pay", ""));
  if (["unpaid", "paid", "ready"].includes(order.state)) doing.append(action(order, "cancel", "Cancel", ""));
  return make("li", "card order",
    make("span", "order__name strong digits", order.name),
    make("div", "order__what", make("p", "order__lines", goods.join(", ")), make("p", "small soft", who)),
    make("span", style ? `order__state badge badge--${style}` : "order__state badge", word),
    doing);
}

function draw({ orders }) {
  document.querySelector("#none").hidden = orders.length > 0;
  document.querySelector("#orders").replaceChildren(...orders.reverse().map(drawOrder));
}

for (const button of form.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(button));
form.addEventListener("submit", place);
const look = follow("/shop/api/orders", draw);
