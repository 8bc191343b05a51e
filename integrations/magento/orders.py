"""An order; what changed since a moment; the places of pickup and their names."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, Location
from integrations.magento import failures, schemas
from integrations.magento.client import RestClient
from integrations.payloads import as_of, digits

A_PAGE = 100
_MOST_PAGES = 200
_NAMES_SECONDS = 3600.0


def read_order(client: RestClient, account: Account, order_id: str) -> dict[str, Any] | None:
    """The order as `schemas.Order` reads it, with `as_of`; None when there is none. Raises the three effect errors."""
    if digits(order_id) is None:
        return None
    try:
        found, at = client.dated(account, f"orders/{order_id}")
        order = schemas.read(schemas.Order(), found, "order")
    except PermanentFailure as problem:
        if problem.code == failures.GONE:
            return None
        raise
    if order["id"] != order_id:  # a cache that does not look at who asks for what
        raise PermanentFailure("unexpected_answer", "the shop answered with another order")
    return order | {"as_of": as_of(order["updated_at"], at)}


def changed_orders(client: RestClient, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Id and time of change of every order changed since then, oldest change first, page by page as they are read.

    Pages are not numbered on: an order that changes meanwhile leaves its page for the last one, and the first of the
    next page would slip past us. Each page begins where the last one ended, but among orders of one second. A page
    beyond the last is the last once more, so the count decides. Raises the three effect errors.
    """
    start, number, seen = _second(since), 1, set[tuple[str, dt.datetime]]()
    while True:
        answer, at = client.dated(account, "orders", _query(start, number))
        last = start
        for row in schemas.read_items(schemas.ChangedOrder(), answer, "orders"):
            each = (row["id"], row["updated_at"])
            last = row["updated_at"]
            if each not in seen:
                seen.add(each)
                yield row["id"], as_of(row["updated_at"], at)
        if number * A_PAGE >= _count(answer):
            return
        start, number = (last, 1) if last > start else (start, number + 1)
        if number > _MOST_PAGES:
            raise PermanentFailure("unexpected_answer", "the shop's pages do not end")


def locations(client: RestClient, account: Account) -> list[Location]:
    """The pickup locations of its website, `base` unless the connection names another. Raises the three."""
    found: list[Location] = []
    for number in range(1, _MOST_PAGES):
        params = {
            "searchRequest[scopeCode]": account.settings.get("website", "base"),
            "searchRequest[pageSize]": str(A_PAGE),
            "searchRequest[currentPage]": str(number),
        }
        answer = client.get(account, "inventory/in-store-pickup/pickup-locations", params)
        rows = schemas.read_items(schemas.PickupLocation(), answer, "pickup locations")
        found += [Location(row["code"], " ".join((row["name"] or "").split()) or row["code"]) for row in rows]
        if not rows or number * A_PAGE >= _count(answer):
            break
    return found


class Names:
    """The names of pickup locations, asked for again every hour: an order has the code alone.

    Without them an order is as good as with them.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    def of(self, account: Account, code: str) -> str:
        """One name, "" where the shop tells none. Raises TemporaryFailure."""
        at, names = self._known.get(account.connection_id, (0.0, {}))
        if not at or time.monotonic() - at > _NAMES_SECONDS:
            try:
                names = {place.location_id: place.name for place in locations(self._client, account)}
            except PermanentFailure:  # such as Adobe's own cloud, which has no such list
                names = {}
            self._known[account.connection_id] = (time.monotonic(), names)
        return names.get(code, "")


def search(*filters: tuple[str, str], condition: str = "") -> dict[str, str]:
    """Search criteria that ask for rows which fit all of them; an address may be 500 signs long."""
    found = {}
    for number, (field, value) in enumerate(filters):
        found[f"searchCriteria[filterGroups][{number}][filters][0][field]"] = field
        found[f"searchCriteria[filterGroups][{number}][filters][0][value]"] = value
        if condition:
            found[f"searchCriteria[filterGroups][{number}][filters][0][conditionType]"] = condition
    return found


def _query(start: dt.datetime, number: int) -> dict[str, str]:
    return {
        **search(("updated_at", start.strftime("%Y-%m-%d %H:%M:%S")), condition="gteq"),
        "searchCriteria[sortOrders][0][field]": "updated_at",
        "searchCriteria[sortOrders][0][direction]": "ASC",
        "searchCriteria[pageSize]": str(A_PAGE),
        "searchCriteria[currentPage]": str(number),
        "fields": "items[entity_id,updated_at],total_count",
    }


def _count(answer: Any) -> int:
    count = answer.get("total_count")
    if not isinstance(count, int) or isinstance(count, bool):
        raise PermanentFailure("unexpected_answer", "the shop's list does not say how long it is")
    return count


def _second(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(microsecond=0)
