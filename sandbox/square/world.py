"""The seller's orders and what may be done with them. Knows no HTTP and no webhook.

Orders are kept as the API writes them, since that is all the vendor ever shows of them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.shop.catalogue import CATALOGUE

PICKUP, SHIPMENT = "PICKUP", "SHIPMENT"
STATES = ("PROPOSED", "RESERVED", "PREPARED", "COMPLETED")
ENDED = ("COMPLETED", "CANCELED", "FAILED")


def money(amount: int) -> dict[str, Any]:
    """US dollars, in cents."""
    return {"amount": amount, "currency": "USD"}


def catalog_id(sku: str) -> str:
    """What the catalog calls an item's only variation."""
    return f"VARIATION{list(CATALOGUE).index(sku):03d}"


class World:
    """All orders, guarded by one lock; `tell(topic, order, more)` hears of every change."""

    def __init__(
        self, now: Callable[[], dt.datetime], tell: Callable[[str, dict[str, Any], dict[str, Any]], None]
    ) -> None:
        self.lock = threading.RLock()
        self.orders: dict[str, dict[str, Any]] = {}
        self.stock: list[dict[str, Any]] = []
        """Every adjustment of stock made through the API."""
        self._now = now
        self._tell = tell
        self._numbers = itertools.count(1)

    def place(
        self,
        skus: Sequence[str] = ("LIP-ROSE",),
        *,
        shipped: Sequence[str] = (),
        at_register: bool = False,
        location_id: str = "1001",
        paid: bool = True,
        phone: str = "+14155550123",
    ) -> str:
        """Take an order; its id. What is `shipped` is a fulfilment of its own; a sale at the register has none."""
        with self.lock:
            lines = [self._line(sku) for sku in (*skus, *shipped)]
            uids = [line["uid"] for line in lines]
            total = sum(line["total_money"]["amount"] for line in lines)
            at = self._at()
            order = {
                "id": f"Example{next(self._numbers):06d}OrderZY",
                "location_id": location_id,
                "line_items": lines,
                "state": "OPEN",
                "version": 1,
                "created_at": at,
                "updated_at": at,
                "total_money": money(total),
                "net_amounts": {"total_money": money(total)},
                "net_amount_due_money": money(0 if paid else total),
                "ticket_name": "Robin",
            }
            if paid:
                order["tenders"] = [_tender(total)]
            fulfilments = [self._fulfilment(PICKUP, uids[: len(skus)], phone)] if skus else []
            fulfilments += [self._fulfilment(SHIPMENT, uids[len(skus) :], phone)] if shipped else []
            if fulfilments and not at_register:
                order["fulfillments"] = fulfilments
            self.orders[str(order["id"])] = order
            self._tell("order.created", order, {})
            return str(order["id"])

    def pay(self, order_id: str) -> None:
        """The money came."""
        with self.lock:
            order = self.orders[order_id]
            order["tenders"] = [_tender(order["total_money"]["amount"])]
            order["net_amount_due_money"] = money(0)
            self.changed(order)

    def cancel(self, order_id: str) -> None:
        """Call an order off, with everything in it."""
        with self.lock:
            order = self.orders[order_id]
            order["state"], order["closed_at"] = "CANCELED", self._at()
            for each in order.get("fulfillments", []):
                each["state"] = "CANCELED"
            self.changed(order)

    def refund(self, order_id: str, amount: int) -> None:
        """Give money back; the fulfilments stay as they were."""
        with self.lock:
            order = self.orders[order_id]
            refunds = order.setdefault("refunds", [])
            refunds.append({"id": f"REFUND{len(refunds)}", "status": "APPROVED", "amount_money": money(amount)})
            self.changed(order)

    def move(self, order: dict[str, Any], uid: str, state: str) -> None:
        """Bring a fulfilment into a state. Checked by the caller."""
        with self.lock:
            found = next(each for each in order["fulfillments"] if each["uid"] == uid)
            update = {"fulfillment_uid": uid, "old_state": found["state"], "new_state": state}
            found["state"] = state
            if all(each["state"] in ENDED for each in order["fulfillments"]) and not _due(order):
                order["state"], order["closed_at"] = "COMPLETED", self._at()
            self.changed(order, "order.fulfillment.updated", {"fulfillment_update": [update]})

    def changed(self, order: dict[str, Any], topic: str = "", more: dict[str, Any] | None = None) -> None:
        """Stamp a change and tell of it."""
        order["version"] += 1
        order["updated_at"] = self._at()
        if topic:
            self._tell(topic, order, more or {})
        self._tell("order.updated", order, {})

    def _line(self, sku: str) -> dict[str, Any]:
        item = CATALOGUE[sku]
        return {
            "uid": f"line{next(self._numbers)}",
            "name": item.title,
            "quantity": "1",
            "catalog_object_id": catalog_id(sku),
            "variation_name": "Regular",
            "item_type": "ITEM",
            "total_money": money(item.price),
        }

    def _fulfilment(self, kind: str, lines: Sequence[str], phone: str) -> dict[str, Any]:
        recipient = {"display_name": "Robin Example", "email_address": "robin@example.com"}
        recipient |= {"phone_number": phone} if phone else {}
        entries = [{"uid": f"entry{uid}", "line_item_uid": uid, "quantity": "1"} for uid in lines]
        return {
            "uid": f"fulfilment{next(self._numbers)}",
            "type": kind,
            "state": "PROPOSED",
            "line_item_application": "ENTRY_LIST",
            "entries": entries,
            f"{kind.lower()}_details": {"recipient": recipient},
        }

    def _at(self) -> str:
        return self._now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _tender(amount: int) -> dict[str, Any]:
    return {"id": "tender1", "type": "CARD", "amount_money": money(amount), "card_details": {"status": "CAPTURED"}}


def _due(order: dict[str, Any]) -> int:
    return int(order["net_amount_due_money"]["amount"])
