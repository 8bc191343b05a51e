"""Orders in our own schema that came otherwise than as a signed message: over the API, or as a file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bopis.ports import BadOrders, Delivery, Mistake, OrderMessage
from integrations.standard import csv_orders, schemas


class StandardOrders:
    """A `bopis.ports.OrderIntake`."""

    vendor = "standard"
    schema = schemas.Order
    """The marshmallow class of one order."""

    def from_json(self, payload: object, now: dt.datetime) -> OrderMessage:
        """One order, as its shop would have sent it. Raises BadOrders, whose mistakes are about line 0."""
        try:
            order = schemas.load(self.schema(), payload)
        except schemas.Misfit as misfit:
            raise BadOrders([Mistake(0, str(misfit))]) from None
        if schemas.is_too_new(order, now):
            raise BadOrders([Mistake(0, "updated_at: Lies in the future.")])
        assert isinstance(payload, Mapping)
        return _message("api", order["id"], payload)

    def from_table(self, text: str, now: dt.datetime) -> list[OrderMessage]:
        """The orders of a CSV file, all or none. Raises BadOrders with every mistake and its line."""
        orders = csv_orders.read(text)
        late = [order for order in orders if schemas.is_too_new(schemas.load(self.schema(), order), now)]
        if late:
            raise BadOrders([Mistake(0, f"the updated_at of order {order['id']} lies in the future") for order in late])
        return [_message("csv", order["id"], order) for order in orders]


def _message(way: str, order_id: str, order: Mapping[str, Any]) -> OrderMessage:
    """The same words are the same message, so that a file dropped twice is taken in once."""
    body = json.dumps({"type": "order.updated", "data": order}, sort_keys=True, separators=(",", ":")).encode()
    told = hashlib.sha256(body).hexdigest()
    changed_at = schemas.changed_at(order)
    return OrderMessage(Delivery(f"{way}:{told}", "order.updated", order_id, changed_at, is_source=True), body)
