"""The shop: its orders, what it sends, what it is told, and what goes wrong."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import json
import random
import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from sandbox.behaviour import Behaviour, Refused
from sandbox.config import StandardConfig
from sandbox.later import Later
from sandbox.shop.catalogue import CATALOGUE
from sandbox.standard.signing import signature

BEHAVIOUR = {
    "down": False,  # every call answers 503
    "throttled": 0,  # so many calls answer 429
    "refuses_us": False,  # every call answers 401
    "slow": 0.0,  # seconds before an answer
    "lost_answers": 0,  # so many messages are taken, and the answer is 500
    "redirects": False,  # every call is sent elsewhere
    "lies": False,  # an order asked for is another one
    "duplicate_webhooks": False,
    "shuffle_webhooks": 0.0,  # each message waits a random time up to so many seconds
    "drop_webhooks": 0,  # so many messages never leave
    "retry_seconds": 1.0,  # wait before the first retry; it doubles
}
RETRIES = 8
_DONE = {"pickup.ready": "ready", "pickup.collected": "collected", "pickup.returned": "returned"}


class StandardShop:
    """Everything of it; one lock for all."""

    def __init__(self, config: StandardConfig, now: Callable[[], dt.datetime], later: Later) -> None:
        self.config, self.now = config, now
        self.behaviour = Behaviour(BEHAVIOUR)
        self.lock = threading.RLock()
        self.orders: dict[str, dict[str, Any]] = {}
        self.told: list[dict[str, str]] = []
        self.refused: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self._later, self._numbers = later, itertools.count(1)
        self._random = random.Random()

    def place(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A new order of `{"lines": [{"sku", "quantity", "method"}], "location_id", "phone", "email", "paid"}`."""
        order_id = f"W-{1000 + next(self._numbers)}"
        place = {"id": wanted.get("location_id", "1001"), "name": "High Street"}
        units: dict[str, dict[str, Any]] = {}
        for number, line in enumerate(wanted["lines"], 1):
            if line["sku"] not in CATALOGUE:
                raise Refused("unknown_sku", "There is no such item.")
            item, method = CATALOGUE[line["sku"]], line.get("method", "pickup")
            unit = units.setdefault(method, {"id": f"{order_id}/{method}", "method": method, "status": "open"})
            unit["location"] = place if method == "pickup" else None
            row = {"id": str(number), "sku": item.sku, "title": item.title, "quantity": line.get("quantity", 1)}
            unit.setdefault("lines", []).append({**row, "weight_grams": item.grams})
        customer = {name: wanted[name] for name in ("phone", "email", "first_name", "locale") if wanted.get(name)}
        order = {"id": order_id, "name": f"#{order_id}", "paid": wanted.get("paid", True), "cancelled_at": None}
        order |= {"country": "US", "customer": customer, "units": list(units.values())}
        with self.lock:
            self.orders[order_id] = order
        self.change(order_id, "order.created")
        return order

    def change(self, order_id: str, event: str = "order.updated", **fields: Any) -> None:
        """Change an order's own fields and send news of it as it is then."""
        with self.lock:
            order = self.order(order_id)
            order |= {**fields, "updated_at": self._moment()}
            self.tell(event, order)

    def cancel(self, order_id: str) -> None:
        self.change(order_id, "order.cancelled", cancelled_at=self._moment())

    def message(self, event: str, order_id: str) -> dict[str, Any]:
        """What it would send of an order as it is now."""
        with self.lock:
            order = copy.deepcopy(self.order(order_id))
        return {"type": event, "timestamp": self._moment(), "data": order}

    def tell(self, event: str, order: dict[str, Any]) -> None:
        """Send news of an order, at least once, in no promised order."""
        if not self.config.webhook_url:
            return
        body = json.dumps(self.message(event, order["id"])).encode()
        note = {"id": f"msg_{uuid.uuid4().hex}", "event": event, "order_id": order["id"], "statuses": []}
        self.sent.append(note)
        if self.behaviour.spend("drop_webhooks"):
            return
        for _ in range(2 if self.behaviour.get("duplicate_webhooks") else 1):
            wait = self._random.uniform(0, self.behaviour.get("shuffle_webhooks"))
            self._later.do(partial(self._deliver, note, body, 0), wait)

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """What stands above a message that leaves now."""
        sent_at = int(self.now().timestamp())
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(sent_at),
            "webhook-signature": signature(self.config.signing_secret, message_id, sent_at, body),
        }

    def take_note(self, message_id: str, payload: Any) -> None:
        """What became of a unit; the same message twice is heard once."""
        what, unit_id = _DONE.get(payload.get("type")), payload.get("data", {}).get("unit_id")
        with self.lock:
            found = [(o, u) for o in self.orders.values() for u in o["units"] if u["id"] == unit_id]
            if what is None or not found:
                self.refused.append(f"nothing known of {payload.get('type')!r} about {unit_id!r}")
                raise Refused("unknown_unit", "There is no such unit, or no such event.", 422)
            if message_id in {each["id"] for each in self.told}:
                return
            self.told.append({"id": message_id, "what": what, "unit_id": unit_id})
            (order, unit) = found[0]
            if what != "ready":
                unit["status"] = "closed"
            self.change(order["id"])

    def _deliver(self, note: dict[str, Any], body: bytes, attempt: int) -> None:
        try:
            headers = self.headers(note["id"], body)
            answer = requests.post(
                self.config.webhook_url, data=body, headers=headers, timeout=(1, 5), allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        note["statuses"].append(status)
        if not 200 <= status < 300 and attempt < RETRIES:
            wait = self.behaviour.get("retry_seconds") * 2**attempt
            self._later.do(partial(self._deliver, note, body, attempt + 1), wait)

    def order(self, order_id: str) -> dict[str, Any]:
        """An order as it is now. Raises Refused."""
        if order_id not in self.orders:
            raise Refused("unknown_order", "There is no such order.", 404)
        return self.orders[order_id]

    def _moment(self) -> str:
        return self.now().isoformat().replace("+00:00", "Z")
