"""An order with its pickups, products and refunds; what changed since a moment; the store it is of."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, Location
from integrations.bigcommerce import failures, schemas
from integrations.bigcommerce.client import A_PAGE, MOST_PAGES, StoreClient
from integrations.bigcommerce.records import records_of
from integrations.bigcommerce.schemas import read
from integrations.bigcommerce.translate import INCOMPLETE, PARTIALLY_REFUNDED
from integrations.payloads import as_of

SMALLEST_PAGE = 50
"""What a page holds when nobody asks for more: one shorter than this is the last, whatever was asked for."""
_STORE_SECONDS = 3600.0


def read_order(client: StoreClient, account: Account, order_id: str) -> dict[str, Any] | None:
    """The order as `schemas.Order` reads it, with `pickups`, `products`, `refunds`, `records` and `as_of`; None when
    there is no such order. Raises the three effect errors.

    The order itself is read first: what changes while the rest is read bears a later time, and is news again.
    """
    try:
        found, at = client.dated(account, f"v2/orders/{order_id}")
        order = read(schemas.Order(), found, "order")
    except PermanentFailure as problem:
        if problem.code != failures.NOT_FOUND:
            raise
        read_store(client, account)  # of a store that is gone no order is there either
        return None
    order |= {"pickups": [], "products": [], "refunds": [], "records": [], "as_of": as_of(order["modified_at"], at)}
    if order["status_id"] == INCOMPLETE:
        return order
    found = client.get(account, f"v2/orders/{order_id}/consignments")
    order["pickups"] = read(schemas.Consignments(), found or {}, "consignments")["pickups"]
    if order["pickups"]:
        order["products"] = _products(client, account, order_id)
        if order["status_id"] == PARTIALLY_REFUNDED or "refunded" in (order["payment"] or ""):
            order["refunds"] = _refunds(client, account, order_id)
            order["records"] = records_of(client, account, order_id)
    return order


def read_status(client: StoreClient, account: Account, order_id: str) -> int:
    """The order's status id now. Raises the three effect errors."""
    return int(read(schemas.Order(), client.get(account, f"v2/orders/{order_id}"), "order")["status_id"])


def read_store(client: StoreClient, account: Account) -> dict[str, Any]:
    """The store as `schemas.Store` reads it. Raises the three effect errors."""
    try:
        return read(schemas.Store(), client.get(account, "v2/store"), "store")
    except PermanentFailure as problem:
        if problem.code == failures.NOT_FOUND:
            raise PermanentFailure("shop_not_found", "the store is gone") from None
        raise


def read_locations(client: StoreClient, account: Account) -> list[Location]:
    """The store's locations that are in use. Raises the three effect errors."""
    rows = client.listed(account, "v3/inventory/locations")
    places = [read(schemas.StoreLocation(), row, "locations") for row in rows]
    return [Location(place["id"], place["name"] or place["code"] or "") for place in places if place["enabled"]]


class Stores:
    """What is known of stores, asked again every hour: their unit of weight decides what goods weigh."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def of(self, account: Account) -> dict[str, Any]:
        """As `read_store`; a store that does not let us see its settings has none."""
        at, store = self._known.get(account.name, (0.0, {}))
        if not store or time.monotonic() - at > _STORE_SECONDS:
            try:
                store = read_store(self._client, account)
            except PermanentFailure as problem:
                if problem.code != "access_denied":
                    raise
                store = {"weight_units": "", "country": ""}
            self._known[account.name] = (time.monotonic(), store)
        return store


def changed_orders(client: StoreClient, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Id and time of change of every order changed since then, oldest change first. Raises the three effect errors.

    Pages are not numbered through: an order that changes while we read moves to the end, all behind it move up, and
    the first of the next page would be skipped. Each page begins where the last one ended instead, and what was seen
    is passed over; only within one and the same second, which is as exactly as BigCommerce knows, are pages counted.
    """
    since, page = since.astimezone(dt.UTC).replace(microsecond=0), 1
    seen: set[tuple[str, dt.datetime]] = set()
    while True:
        found, at = client.dated(
            account,
            "v2/orders",
            min_date_modified=since.isoformat(),
            sort="date_modified:asc",
            limit=A_PAGE,
            page=page,
        )
        rows = [read(schemas.ChangedOrder(), row, "orders") for row in _list(found, "orders")]
        changed = [(row["id"], row["modified_at"]) for row in rows]
        fresh = [each for each in changed if each not in seen]
        yield from ((order_id, as_of(changed_at, at)) for order_id, changed_at in fresh)
        if len(changed) < SMALLEST_PAGE:
            return
        if changed[-1][1] > since:
            since, page = changed[-1][1], 1
            seen = {each for each in changed if each[1] >= since}
        else:
            page += 1
            seen |= set(changed)


def _products(client: StoreClient, account: Account, order_id: str) -> list[dict[str, Any]]:
    products: dict[str, dict[str, Any]] = {}
    for page in range(1, MOST_PAGES):
        found = _list(client.get(account, f"v2/orders/{order_id}/products", limit=A_PAGE, page=page), "products")
        rows = [read(schemas.Product(), row, "products") for row in found]
        fresh = {row["id"]: row for row in rows if row["id"] not in products}
        products |= fresh
        if len(rows) < SMALLEST_PAGE or not fresh:
            return list(products.values())
    raise PermanentFailure("order_too_large", f"the order has more than {MOST_PAGES * A_PAGE} products")


def _refunds(client: StoreClient, account: Account, order_id: str) -> list[dict[str, Any]]:
    rows = client.listed(account, f"v3/orders/{order_id}/payment_actions/refunds")
    return [read(schemas.Refund(), row, "refunds") for row in rows]


def _list(found: Any, name: str) -> list[Any]:
    """Nothing at all is an empty list: V2 answers 204 where there is none."""
    if found is not None and not isinstance(found, list):
        raise PermanentFailure("unexpected_answer", f"BigCommerce's answer is no list of {name}")
    return found or []
