"""An order with its refunds; what changed since a moment; the places of pickup."""

from __future__ import annotations

import datetime as dt
import heapq
import html
from collections.abc import Iterator
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, Location
from integrations.payloads import as_of, digits
from integrations.woocommerce import failures, schemas
from integrations.woocommerce.client import RestClient
from integrations.woocommerce.packages import PICKUP

_DRAFT = ("checkout-draft", "auto-draft")
_MOST_PAGES = 200
_SECOND = dt.timedelta(seconds=1)


def read_order(client: RestClient, account: Account, order_id: str) -> dict[str, Any] | None:
    """The order as `schemas.Order` reads it; None when there is none, or only a basket at the checkout.

    Raises TemporaryFailure or PermanentFailure.
    """
    if digits(order_id) is None:
        return None
    try:
        found, answered = client.dated(account, f"orders/{order_id}")
        order = schemas.read(schemas.Order(), found, "order")
    except PermanentFailure as problem:
        if problem.code == failures.GONE:
            return None
        raise
    if order["id"] != order_id:  # a cache that does not look at who asks for what
        raise PermanentFailure("unexpected_answer", "the shop answered with another order")
    if order["modified"]:
        order["modified"] = as_of(order["modified"], answered)
    return None if order["status"] in _DRAFT else order


def read_refunds(client: RestClient, account: Account, order: dict[str, Any]) -> list[dict[str, Any]]:
    """The order's refunds with their lines; asked for only where the order names any. Raises as `read_order`."""
    found: list[dict[str, Any]] = []
    number = 0
    while order["refunds"]:
        number += 1
        page = client.page(account, f"orders/{order['id']}/refunds", number)
        found += [schemas.read(schemas.Refund(), each, "refund") for each in page.items]
        if page.is_last:
            break
    return found


def changed_orders(client: RestClient, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Id and time of change of every order changed since then, oldest change first, page by page as they are read.

    What lies in the trash is in no list of "any" order, and so is asked for beside. Raises as `read_order`.
    """
    streams = [_changed(client, account, since, status) for status in ("any", "trash")]
    yield from heapq.merge(*streams, key=lambda each: each[1])


def locations(client: RestClient, account: Account) -> list[Location]:
    """Every instance of local pickup, in any zone, that is switched on. Raises as `read_order`."""
    found = []
    for zone in _listed(client, account, "shipping/zones"):
        zone_id = schemas.read(schemas.Zone(), zone, "zone")["id"]
        for each in _listed(client, account, f"shipping/zones/{zone_id}/methods"):
            method = schemas.read(schemas.ZoneMethod(), each, "method")
            if method["method_id"] in PICKUP and method["enabled"]:
                found.append(Location(method["instance_id"], " ".join(html.unescape(method["title"] or "").split())))
    return found


def _listed(client: RestClient, account: Account, path: str) -> list[Any]:
    found = client.get(account, path)
    if not isinstance(found, list):
        raise PermanentFailure("unexpected_answer", "the shop's list of ways of delivery is none")
    return found


def _changed(
    client: RestClient, account: Account, since: dt.datetime, status: str
) -> Iterator[tuple[str, dt.datetime]]:
    """Pages are not numbered on: an order that changes meanwhile leaves its page for the last one, and the first of
    the next page would slip past us. Each page begins where the last one ended, but among orders of one second.
    """
    start, number, seen = _before(since), 1, set[tuple[str, dt.datetime]]()
    while True:
        page = client.page(account, "orders", number, _query(start, status))
        batch = [schemas.read(schemas.ChangedOrder(), each, "order") for each in page.items]
        times = [(each["id"], each["modified"] or start) for each in batch]  # imported orders may have none
        for each in times:
            if each not in seen:
                seen.add(each)
                yield each[0], as_of(each[1], page.answered)
        if page.is_last:
            return
        further = _before(times[-1][1]) if times else start
        start, number = (further, 1) if further > start else (start, number + 1)
        if number > _MOST_PAGES:
            raise PermanentFailure("unexpected_answer", "the shop's pages do not end")


def _before(moment: dt.datetime) -> dt.datetime:
    """What is asked for is strictly later, and times are whole seconds."""
    return moment.astimezone(dt.UTC).replace(microsecond=0) - _SECOND


def _query(after: dt.datetime, status: str) -> dict[str, str]:
    return {
        # Without a zone: one that is named is turned into the shop's own before it is compared with GMT.
        "modified_after": after.strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "status": status,
        "_fields": "id,date_modified_gmt",
    }
