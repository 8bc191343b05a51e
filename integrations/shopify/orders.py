"""An order with all its fulfilment orders and all their lines, and a shop's locations, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, Location
from integrations.payloads import as_of
from integrations.shopify import documents, schemas
from integrations.shopify.client import AdminClient

UNITS_A_PAGE = 5
MOST_PAGES = 40


def read_order(client: AdminClient, account: Account, order_id: str) -> dict[str, Any] | None:
    """The order as `schemas.Order` reads it, nothing left on a further page, as new as it is; None if there is none.

    Raises the three effect errors; an answer that is not what Shopify documents is a PermanentFailure naming the field.
    """
    order: dict[str, Any] | None = None
    after = None
    for _ in range(MOST_PAGES):
        variables = {"id": documents.gid("Order", order_id), "first": UNITS_A_PAGE, "after": after}
        data, answered = client.dated(account, documents.ORDER_PICKUP, variables)
        if data.get("order") is None:
            return None
        page = read(schemas.Order(), data["order"], "order")
        if order is None:
            order = page
            order["updated_at"] = as_of(page["updated_at"], answered)
        else:
            order["units"]["nodes"] += page["units"]["nodes"]
        after = _next(page["units"]["page"])
        if after is None:
            break
    else:
        raise PermanentFailure("order_too_large", f"the order has more than {MOST_PAGES * UNITS_A_PAGE} units")
    for unit in order["units"]["nodes"]:
        _complete_lines(client, account, unit)
    return order


def read_unit(client: AdminClient, account: Account, unit_id: str) -> dict[str, Any] | None:
    """A fulfilment order with all its lines, as `schemas.UnitLeft` reads it; None when there is none.

    Raises the three effect errors.
    """
    variables = {"id": documents.gid("FulfillmentOrder", unit_id), "after": None}
    found = client.query(account, documents.UNIT_LEFT, variables).get("fulfillmentOrder")
    if found is None:
        return None
    unit = read(schemas.UnitLeft(), found, "fulfillmentOrder")
    _complete_lines(client, account, unit)
    return unit


def changed_orders(client: AdminClient, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Id and time of change of every order changed since then, oldest change first. Raises the three effect errors.

    Source: shopify.dev, "Webhooks best practices": reconcile by `updated_at`.
    """
    query, after = f"updated_at:>='{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'", None
    while True:
        data, answered = client.dated(account, documents.CHANGED_ORDERS, {"query": query, "after": after})
        page = read(schemas.ChangedOrders(), data.get("orders"), "orders")
        for node in page["nodes"]:
            yield node["id"], as_of(node["updated_at"], answered)
        after = _next(page["page"])
        if after is None:
            return


def locations(client: AdminClient, account: Account) -> list[Location]:
    """Every active location. Raises the three effect errors."""
    listed: list[Location] = []
    after = None
    for _ in range(MOST_PAGES):
        found = client.query(account, documents.LOCATIONS, {"after": after}).get("locations")
        page = read(schemas.ListedLocations(), found, "locations")
        listed += [Location(node["id"], node["name"]) for node in page["nodes"]]
        after = _next(page["page"])
        if after is None:
            break
    return listed


def read(schema: schemas.Vendor, payload: Any, name: str) -> dict[str, Any]:
    """Read a part of an answer, or raise PermanentFailure naming what is missing or wrong in it."""
    try:
        return schemas.load(schema, payload)
    except schemas.Misfit as misfit:
        raise PermanentFailure("unexpected_answer", f"Shopify's answer lacks {name}.{misfit.field}") from None


def _complete_lines(client: AdminClient, account: Account, unit: dict[str, Any]) -> None:
    after = _next(unit["lines"]["page"])
    for _ in range(MOST_PAGES):
        if after is None:
            return
        variables = {"id": documents.gid("FulfillmentOrder", unit["id"]), "after": after}
        found = client.query(account, documents.UNIT_LINES, variables).get("fulfillmentOrder")
        lines = read(schemas.MoreLines(), found, "fulfillmentOrder")["lines"]
        unit["lines"]["nodes"] += lines["nodes"]
        after = _next(lines["page"])
    raise PermanentFailure("order_too_large", "a fulfilment order has too many lines")


def _next(page: dict[str, Any]) -> str | None:
    return page["cursor"] if page["more"] else None
