"""The Pickups API: which products of an order lie ready for their shopper, and which were collected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from bopis.errors import OutcomeUnknown, PermanentFailure
from bopis.ports import Account
from integrations.bigcommerce import schemas
from integrations.bigcommerce.client import StoreClient
from integrations.bigcommerce.schemas import read

COLLECTED = "COLLECTED"


def records_of(client: StoreClient, account: Account, order_id: str) -> list[dict[str, Any]]:
    """Every record of an order, as `schemas.Record` reads it. Raises the three effect errors."""
    rows = client.listed(account, "v3/orders/pickups", **{"order_id:in": order_id})
    return [read(schemas.Record(), row, "pickups") for row in rows]


def record_ready(
    client: StoreClient, account: Account, order_id: str, method_id: str, lines: Mapping[str, int], now: dt.datetime
) -> list[dict[str, Any]]:
    """Write down that these products (id → pieces) lie ready, those that no record has; all records then.

    Raises the three effect errors; OutcomeUnknown only when a look afterwards does not show it done.
    """
    records = records_of(client, account, order_id)
    left = {product: pieces for product, pieces in lines.items() if product not in _products(records)}
    if not left or not method_id:
        return records  # a pickup the store wrote without a method has nothing to record it under
    wanted = {
        "pickup_method_id": int(method_id),
        "order_id": int(order_id),
        "ready_at": _written(now),
        "pickup_items": [{"order_product_id": int(each), "quantity": pieces} for each, pieces in left.items()],
    }
    try:
        client.write("POST", account, "v3/orders/pickups", [wanted])
    except (OutcomeUnknown, PermanentFailure):
        # Somebody at the store may have been quicker, or our own lost call before this one.
        records = records_of(client, account, order_id)
        if left.keys() <= _products(records):
            return records
        raise
    return records_of(client, account, order_id)


def record_collected(
    client: StoreClient, account: Account, order_id: str, records: Sequence[Mapping[str, Any]], now: dt.datetime
) -> None:
    """Write down that everything in these records was collected. Safe to repeat: the same words again change nothing.

    Raises the three effect errors.
    """
    waiting = [record for record in records if not is_collected([record])]
    if waiting:
        wanted = [
            {"id": int(each["id"]), "pickup_id": int(each["id"]), "collected_at": _written(now)} for each in waiting
        ]
        try:
            client.write("PUT", account, "v3/orders/pickups", wanted)
        except OutcomeUnknown:
            if not is_collected(records_of(client, account, order_id)):
                raise


def is_collected(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there are records and everything in them was collected."""
    return bool(records) and all(item["status"] == COLLECTED for record in records for item in record["items"])


def _products(records: Sequence[Mapping[str, Any]]) -> set[str]:
    return {item["product_id"] for record in records for item in record["items"]}


def _written(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
