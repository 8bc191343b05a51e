"""POST /v2/orders/search, as an app uses it to find what changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.square.changes import Refusal
from sandbox.square.state import Seller

MOST_PLACES, MOST_ROWS = 10, 1000


def search(seller: Seller, wanted: Any) -> dict[str, Any]:
    """By the time of change, oldest first; every page of one question asks the same and names the cursor."""
    try:
        places, limit = wanted["location_ids"], wanted.get("limit", 500)
        filters, sort = wanted["query"]["filter"], wanted["query"]["sort"]
        start = dt.datetime.fromisoformat(filters["date_time_filter"]["updated_at"]["start_at"])
        kinds = filters["fulfillment_filter"]["fulfillment_types"]
        cursor = int(wanted.get("cursor", 0))
    except (KeyError, TypeError, ValueError):
        raise Refusal(400, "BAD_REQUEST", "query") from None
    if not 1 <= len(places) <= MOST_PLACES or not 1 <= limit <= MOST_ROWS:
        raise Refusal(400, "BAD_REQUEST", "location_ids or limit")
    if sort != {"sort_field": "UPDATED_AT", "sort_order": "ASC"}:
        raise Refusal(400, "BAD_REQUEST", "A filter on updated_at wants to be sorted by it.")
    found = [
        order
        for order in seller.world.orders.values()
        if order["location_id"] in places
        and any(each["type"] in kinds for each in order.get("fulfillments", []))
        and dt.datetime.fromisoformat(order["updated_at"]) >= start
    ]
    found.sort(key=lambda order: (order["updated_at"], order["id"]))
    limit = min(limit, seller.behaviour.get("a_page") or limit)
    page = found[cursor : cursor + limit]
    more = {"cursor": str(cursor + limit)} if cursor + limit < len(found) else {}
    return ({"orders": page} if page else {}) | more
