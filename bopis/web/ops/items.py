"""What is known of the room that items need: from the merchant's table, and learnt at the doors."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.db import Database
from bopis.lockers.fit import SIZES, TOO_BIG
from bopis.lockers.models import ItemSize, SizeGuess
from bopis.pickups.words import NEEDS
from bopis.web.ops.common import ROWS, me

_LONGEST = 255


@dataclass(frozen=True)
class ItemRow:
    """One SKU. `says` is the table's word on its size, `found` what staff confirmed."""

    sku: str
    says: str
    sides: str
    weight: str
    category: str
    needs: tuple[str, ...]
    found: str


@dataclass(frozen=True)
class CategoryRow:
    """One category: what its pieces took, and how far it lies from its guess, in words."""

    name: str
    taps: int
    took: str
    shift: str


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/items` (sku: those that begin with it, after: the SKU the page starts behind)."""

    @routes.get("/items")
    def items() -> str:
        wanted, after = (request.args.get(name, "").strip()[:_LONGEST] for name in ("sku", "after"))
        with database.reading() as session:
            found = _items(session, wanted, after)
            categories = _categories(session)
        more = found[ROWS - 1].sku if len(found) > ROWS else ""
        return render_template("ops/items.html", rows=found[:ROWS], more=more, sku=wanted, categories=categories)


def _items(session: Session, wanted: str, after: str) -> list[ItemRow]:
    statement = select(ItemSize).where(ItemSize.merchant_id == me().merchant_id, ItemSize.sku > after)
    if wanted:
        statement = statement.where(ItemSize.sku.startswith(wanted, autoescape=True))
    return [_row(item) for item in session.scalars(statement.order_by(ItemSize.sku).limit(ROWS + 1))]


def _row(item: ItemSize) -> ItemRow:
    return ItemRow(
        item.sku,
        "Fits no door" if item.size == TOO_BIG else item.size,
        f"{item.high_mm} × {item.wide_mm} × {item.deep_mm} mm" if item.high_mm else "",
        f"{item.grams} g" if item.grams else "",
        item.category,
        tuple(need for need in NEEDS if need in item.needs.split()),
        item.confirmed,
    )


def _categories(session: Session) -> list[CategoryRow]:
    statement = select(SizeGuess).where(SizeGuess.merchant_id == me().merchant_id, SizeGuess.band == "")
    return [_category(row) for row in session.scalars(statement.order_by(SizeGuess.category).limit(ROWS))]


def _category(row: SizeGuess) -> CategoryRow:
    counts = zip(SIZES, (row.took_s, row.took_m, row.took_l, row.took_xl), strict=True)
    took = ", ".join(f"{count} × {size}" for size, count in counts if count)
    percent = round((math.exp(row.shift / 1_000_000) - 1) * 100)
    shift = f"{abs(percent)} % {'larger' if percent > 0 else 'smaller'} than guessed" if percent else "As guessed"
    return CategoryRow(row.category or "No category", row.taps, took, shift)
