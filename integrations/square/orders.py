"""An order with the SKUs of what is picked up; what changed since a moment; the seller's places."""

from __future__ import annotations

import datetime as dt
import heapq
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account
from integrations.square import failures, schemas
from integrations.square.client import SquareClient
from integrations.square.schemas import read, read_all

A_PAGE = 500
PLACES_AT_ONCE = 10
"""Of one search; Square allows no more."""
OBJECTS_AT_ONCE = 1000
_PLACES_SECONDS = 3600.0
_ORDER_ID = re.compile("[A-Za-z0-9_-]{1,192}")


def read_order(client: SquareClient, account: Account, order_id: str) -> dict[str, Any] | None:
    """The order as `schemas.Order` reads it; None when there is no such order. Raises the three effect errors."""
    if not _ORDER_ID.fullmatch(order_id):
        return None
    try:
        return read(schemas.Order(), client.get(account, f"orders/{order_id}").get("order"), "order")
    except PermanentFailure as problem:
        if problem.code == failures.NOT_FOUND:
            return None
        raise


def read_skus(client: SquareClient, account: Account, catalog_ids: Sequence[str]) -> dict[str, str]:
    """Catalog id → SKU of those that have one: an order names its items by the catalog alone. Raises the three."""
    skus: dict[str, str] = {}
    for start in range(0, len(catalog_ids), OBJECTS_AT_ONCE):
        wanted = {"object_ids": list(catalog_ids[start : start + OBJECTS_AT_ONCE])}
        found = read_all(schemas.CatalogObject(), client.search(account, "catalog/batch-retrieve", wanted), "objects")
        skus |= {each["id"]: each["variation"]["sku"] or "" for each in found if each["variation"]}
    return skus


def changed_orders(client: SquareClient, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Id and time of change of every pickup order changed since then, oldest change first. Raises the three.

    Only those with a pickup are asked for: every sale at a register is an order, too. A search knows ten places; those
    of more are read side by side.
    """
    places = [place["id"] for place in read_places(client, account)]
    groups = [places[start : start + PLACES_AT_ONCE] for start in range(0, len(places), PLACES_AT_ONCE)]
    return heapq.merge(*(_changed(client, account, group, since) for group in groups), key=lambda each: each[1])


def _changed(
    client: SquareClient, account: Account, places: list[str], since: dt.datetime
) -> Iterator[tuple[str, dt.datetime]]:
    wanted: dict[str, Any] = {
        "location_ids": places,
        "limit": A_PAGE,
        "query": {
            "filter": {
                "date_time_filter": {"updated_at": {"start_at": since.astimezone(dt.UTC).isoformat()}},
                "fulfillment_filter": {"fulfillment_types": ["PICKUP"]},
            },
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
    }
    while True:
        found = client.search(account, "orders/search", wanted)
        for row in read_all(schemas.ChangedOrder(), found, "orders"):
            yield row["id"], row["updated_at"].astimezone(dt.UTC)
        if not found.get("cursor"):
            return
        wanted = wanted | {"cursor": found["cursor"]}


def read_places(client: SquareClient, account: Account) -> list[dict[str, Any]]:
    """The seller's locations that are open for business. Raises the three effect errors."""
    found = read_all(schemas.Place(), client.get(account, "locations"), "locations")
    return [place for place in found if place["status"] == "ACTIVE"]


class Places:
    """The seller's locations by their ids, asked for again every hour: an order names its place by the id alone."""

    def __init__(self, client: SquareClient) -> None:
        self._client = client
        self._known: dict[str, tuple[float, Mapping[str, dict[str, Any]]]] = {}

    def of(self, account: Account, location_id: str) -> Mapping[str, Any]:
        """One as `schemas.Place` reads it, or an empty mapping. Raises the three effect errors."""
        at, places = self._known.get(account.name, (0.0, {}))
        if location_id not in places or time.monotonic() - at > _PLACES_SECONDS:
            places = {place["id"]: place for place in read_places(self._client, account)}
            self._known[account.name] = (time.monotonic(), places)
        return places.get(location_id, {})
