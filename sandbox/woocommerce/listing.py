"""Lists: their parameters, their pages, their order."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import request

from sandbox.shop.catalogue import CATALOGUE
from sandbox.woocommerce.answers import Answer, invalid
from sandbox.woocommerce.orders import SITE_ZONE, Order, product_id
from sandbox.woocommerce.shop import WooCommerceShop

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?")
_ORDER_BY = ("date", "id", "include", "title", "slug", "modified")


def orders(shop: WooCommerceShop) -> Answer:
    """`GET /orders`. Strictly later than `modified_after`; what is in the trash only where it is named."""
    wanted = _statuses(shop)
    found = [order for order in shop.orders.values() if _fits(order, wanted)]
    limit = request.args.get("modified_after")
    if limit is not None:
        after = _moment(limit)
        found = [order for order in found if _compared(order) > after]
    by = _one_of("orderby", "date", _ORDER_BY)
    descends = _one_of("order", "desc", ("asc", "desc")) == "desc"
    found.sort(
        key=lambda order: (order.modified_at if by == "modified" else order.created_at, order.order_id),
        reverse=descends,
    )
    bodies = [shop.body(order) for order in found]
    names = [name for name in request.args.get("_fields", "").split(",") if name]
    return paged([{name: body[name] for name in names if name in body} if names else body for body in bodies])


def paged(rows: list[dict[str, Any]]) -> Answer:
    """One page of them, 10 rows unless more are asked for, with the two headers that count."""
    size, page = _number("per_page", 10, 100), _number("page", 1, 1_000_000)
    pages = -(-len(rows) // size)
    headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}
    return Answer(rows[(page - 1) * size : page * size], headers=headers)


def products() -> Answer:
    """`GET /products`, `include` alone; weights in kilograms, lengths in centimetres, as texts."""
    wanted = {part for part in request.args.get("include", "").split(",") if part}
    rows = [
        {
            "id": product_id(item),
            "sku": item.sku,
            "weight": str(item.grams / 1000),
            "dimensions": {
                "length": str(item.depth / 10),
                "width": str(item.width / 10),
                "height": str(item.height / 10),
            },
        }
        for item in CATALOGUE.values()
        if not wanted or str(product_id(item)) in wanted
    ]
    return paged(rows)


def _fits(order: Order, wanted: list[str]) -> bool:
    if "any" in wanted:
        return order.status != "trash"
    return order.status in wanted


def _statuses(shop: WooCommerceShop) -> list[str]:
    wanted = [part for part in request.args.get("status", "any").split(",") if part]
    for status in wanted:
        if status not in shop.statuses | {"any", "trash"}:
            raise invalid("status", f"status[0] is not one of any, trash, {', '.join(sorted(shop.statuses))}.")
    return wanted


def _compared(order: Order) -> dt.datetime:
    """The column compared with, to the second, as if it had no zone."""
    is_gmt = request.args.get("dates_are_gmt", "false") in ("true", "1")
    return order.modified_at.astimezone(dt.UTC if is_gmt else SITE_ZONE).replace(tzinfo=None, microsecond=0)


def _moment(text: str) -> dt.datetime:
    """A time that names no zone is taken as it stands; one that does is turned into the shop's own first."""
    read = _DATE_TIME.fullmatch(text)
    if not read:
        raise invalid("modified_after", "Invalid date.")
    moment = dt.datetime.fromisoformat(text)
    return (moment.astimezone(SITE_ZONE) if read["zone"] else moment).replace(tzinfo=None, microsecond=0)


def _one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = request.args.get(name, default)
    if value not in allowed:
        raise invalid(name, f"{name} is not one of {', '.join(allowed)}.")
    return value


def _number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(name, f"{name} must be between 1 (inclusive) and {most} (inclusive)")
    return int(text)
