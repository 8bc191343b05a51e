"""What is known of a merchant's items: taken over from a table, learnt at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.ids import new_id
from bopis.lockers.fit import Item
from bopis.lockers.learning import confirmed
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
        row = known.get(sku) or _new(session, merchant_id, sku)
        row.size, row.grams, row.category = item.size, item.grams, item.category
        row.high_mm, row.wide_mm, row.deep_mm = item.sides or (None, None, None)
        row.needs = " ".join(sorted(item.needs))
    session.flush()
    return len(items) - len(known), len(known)


def saw(session: Session, merchant_id: str, lines: Sequence[Mapping[str, Any]], tried: str, answer: str) -> None:
    """Keep what an associate saw at a door of size `tried`, where it tells of one SKU: one piece, and nothing with it.

    `lines` are a pickup's, `answer` is one of learning.ANSWERS.
    """
    sku = lines[0].get("sku") if len(lines) == 1 and lines[0]["quantity"] == 1 else None
    if not sku:
        return
    row = session.scalars(select(ItemSize).where(ItemSize.merchant_id == merchant_id, ItemSize.sku == sku)).first()
    row = row or _new(session, merchant_id, sku)
    row.confirmed = confirmed(tried, answer)
    session.flush()


def _new(session: Session, merchant_id: str, sku: str) -> ItemSize:
    row = ItemSize(id=new_id(), merchant_id=merchant_id, sku=sku, size="", category="", confirmed="", needs="")
    session.add(row)
    return row
