"""What may be read through the API: search criteria, pages, fields."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import request

from sandbox.magento.changes import Refusal
from sandbox.magento.state import MagentoShop

_FILTER = re.compile(r"searchCriteria\[filterGroups\]\[(\d+)\]\[filters\]\[0\]\[(field|value|conditionType)\]")
_KNOWN = re.compile(
    r"searchCriteria\[(?:filterGroups\]\[\d+\]\[filters\]\[0\]\[(?:field|value|conditionType)"
    r"|sortOrders\]\[0\]\[(?:field|direction)|pageSize|currentPage)\]|fields"
)


def existing(shop: MagentoShop, order_id: str) -> dict[str, Any]:
    """The order. Raises Refusal."""
    found = shop.world.orders.get(int(order_id)) if order_id.isdigit() else None
    if found is None:
        raise Refusal(404, "The entity that was requested doesn't exist. Verify the entity and try again.")
    return found


def order(shop: MagentoShop, order_id: str) -> dict[str, Any]:
    """GET /V1/orders/{id}."""
    found = existing(shop, order_id)
    others = [each for each in shop.world.orders.values() if each is not found]
    return others[0] if shop.behaviour.get("lies") and others else found


def orders(shop: MagentoShop) -> dict[str, Any]:
    """GET /V1/orders, as an app uses it to find what changed."""
    asked = _filters()
    if [(each.get("field"), each.get("conditionType")) for each in asked] != [("updated_at", "gteq")]:
        raise Refusal(400, "Invalid filter.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", asked[0].get("value", "")):
        raise Refusal(400, "Invalid date.")
    dt.datetime.fromisoformat(asked[0]["value"])
    found = [each for each in shop.world.orders.values() if each["updated_at"] >= asked[0]["value"]]
    if request.args.get("searchCriteria[sortOrders][0][field]") == "updated_at":
        # Descending unless told otherwise, as the vendor's own default is.
        downwards = request.args.get("searchCriteria[sortOrders][0][direction]", "DESC") == "DESC"
        found.sort(key=lambda each: (each["updated_at"], each["entity_id"]), reverse=downwards)
    answer = _paged(found, "searchCriteria[pageSize]", "searchCriteria[currentPage]")
    if request.args.get("fields") == "items[entity_id,updated_at],total_count":
        thin = [{name: each[name] for name in ("entity_id", "updated_at")} for each in answer["items"]]
        return {"items": thin, "total_count": answer["total_count"]}
    return answer


def pickup_locations(shop: MagentoShop) -> dict[str, Any]:
    """GET /V1/inventory/in-store-pickup/pickup-locations of one website."""
    if request.args.get("searchRequest[scopeCode]") != "base":
        raise Refusal(400, "No such entity with websiteCode = %1")
    rows = [
        {"pickup_location_code": code, "name": name, "country_id": "US", "city": "Fernhill", "phone": "(555) 555-0100"}
        for code, name in shop.names.items()
    ]
    return _paged(rows, "searchRequest[pageSize]", "searchRequest[currentPage]")


def source_items(shop: MagentoShop) -> dict[str, Any]:
    """GET /V1/inventory/source-items, of one SKU in one source."""
    wanted = {each.get("field"): each.get("value") for each in _filters()}
    if wanted.keys() != {"sku", "source_code"}:
        raise Refusal(400, "Invalid filter.")
    found = [
        {"sku": sku, "source_code": source, "quantity": quantity, "status": int(quantity > 0)}
        for (sku, source), quantity in shop.world.stock.items()
        if (sku, source) == (wanted["sku"], wanted["source_code"])
    ]
    return {"items": found, "search_criteria": {}, "total_count": len(found)}


def _filters() -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, value in request.args.items():
        if not _KNOWN.fullmatch(name):
            raise Refusal(400, "Property does not have accessor method in class SearchCriteriaInterface.")
        part = _FILTER.fullmatch(name)
        if part:
            found.setdefault(int(part[1]), {})[part[2]] = value
    return [found[number] for number in sorted(found)]


def _paged(rows: list[Any], size_name: str, page_name: str) -> dict[str, Any]:
    """A page beyond the last is the last once more, as the vendor's own lists do it."""
    size, page = int(request.args.get(size_name, len(rows) or 1)), int(request.args.get(page_name, 1))
    last = max(1, -(-len(rows) // size))
    page = min(page, last)
    return {"items": rows[(page - 1) * size : page * size], "search_criteria": {}, "total_count": len(rows)}
