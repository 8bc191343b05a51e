"""What is known of a merchant's items, taken over from a table; `lockers.experience` learns the rest at the door."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.lockers.fit import Item
from bopis.lockers.models import ItemSize


def take_over(session: Session, merchant_id: str, items: Mapping[str, Item]) -> tuple[int, int]:
    """Keep what a table says of these SKUs in place of what was known, but for sizes that staff confirmed.

    Returns how many are new and how many were known. SKUs that the table does not name stay as they are.
    """
    known = {
        row.sku: row
        for row in session.scalars(select(ItemSize).where(ItemSize.merchant_id == merchant_id))
        if row.sku in items
    }
    for sku, item in items.items():
        row = known.get(sku) or new_item(session, merchant_id, sku)
        row.size, row.grams, row.category = item.size, item.grams, item.category
        row.high_mm, row.wide_mm, row.deep_mm = item.sides or (None, None, None)
        row.needs = " ".join(sorted(item.needs))
    session.flush()
    return len(items) - len(known), len(known)


def new_item(session: Session, merchant_id: str, sku: str) -> ItemSize:
    """A SKU of which nothing is known yet."""
    row = ItemSize(id=new_id(), merchant_id=merchant_id, sku=sku, size="", category="", confirmed="", needs="")
    session.add(row)
    return row
