"""What nobody collected, put back into stock where it lies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account
from integrations.square import failures
from integrations.square.client import SquareClient
from integrations.square.translate import pieces_of

CHANGES_AT_ONCE = 100


def put_back(
    client: SquareClient,
    account: Account,
    order: Mapping[str, Any],
    fulfilment: Mapping[str, Any],
    key: str,
    now: dt.datetime,
) -> None:
    """Add the fulfilment's goods to the stock of the order's location; the same `key` adds them once.

    Lines that are in no catalog have no stock. Raises the three effect errors.
    """
    pieces = pieces_of(order, fulfilment)
    changes = [
        {
            "type": "ADJUSTMENT",
            "adjustment": {
                "reference_id": key,
                "catalog_object_id": line["catalog_id"],
                "from_state": "UNLINKED_RETURN",
                "to_state": "IN_STOCK",
                "location_id": order["location_id"],
                "quantity": str(pieces[line["id"]]),
                "occurred_at": now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        }
        for line in order["lines"]
        if line["id"] in pieces and line["catalog_id"]
    ]
    for start in range(0, len(changes), CHANGES_AT_ONCE):
        batch = {"idempotency_key": f"{key}-{start}", "changes": changes[start : start + CHANGES_AT_ONCE]}
        try:
            client.write("POST", account, "inventory/changes/batch-create", batch)
        except PermanentFailure as problem:
            # A repeat cannot say the same words, since the time must be of today: then the first one was taken.
            if problem.code != failures.KEY_USED:
                raise
