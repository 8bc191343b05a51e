"""What nobody collected, in stock again: quantities of a source are set, not added to, so it is written down first.

A credit memo would restock as well, but never without giving money back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bopis.ports import Account
from integrations.magento import schemas
from integrations.magento.client import RestClient
from integrations.magento.orders import search
from integrations.magento.translate import goods

_MARK = "[locker returning"


def plan(client: RestClient, account: Account, order: Mapping[str, Any]) -> dict[str, float]:
    """SKU → how many there shall be at the pickup's place. What was never shipped never left."""
    wanted: dict[str, Decimal] = {}
    for item, pieces in goods(order):
        back = min(Decimal(pieces), item["shipped"] or Decimal(0))
        if back > 0 and item["sku"]:
            wanted[item["sku"]] = wanted.get(item["sku"], Decimal(0)) + back
    found = {}
    for sku, back in wanted.items():
        params = search(("sku", sku), ("source_code", order["more"]["pickup_location_code"] or ""))
        rows = client.get(account, "inventory/source-items", params)
        for row in schemas.read_items(schemas.SourceItem(), rows, "source items"):
            if row["sku"] == sku:
                found[sku] = float(row["quantity"] + back)
    return found


def words(plan: Mapping[str, float], key: str) -> str:
    """The plan as a comment that `planned` reads."""
    return f"Back into stock, there will be: {json.dumps(plan)} {_MARK} {key}]"


def planned(order: Mapping[str, Any], key: str) -> dict[str, float] | None:
    """The plan that was written down for this key, or None."""
    for each in order["comments"] or ():
        text = each["comment"] or ""
        if f"{_MARK} {key}]" not in text:
            continue
        try:
            found = json.loads(text[text.index("{") : text.rindex("}") + 1])
            return {str(sku): float(quantity) for sku, quantity in found.items()}
        except (ValueError, TypeError, AttributeError):
            continue  # somebody wrote in it
    return None


def carry_out(client: RestClient, account: Account, order: Mapping[str, Any], plan: Mapping[str, float]) -> None:
    """Set the quantities. Raises the three."""
    source = order["more"]["pickup_location_code"]
    if not plan:
        return
    items = [{"sku": sku, "source_code": source, "quantity": many, "status": 1} for sku, many in plan.items()]
    client.post(account, "inventory/source-items", {"sourceItems": items})
