"""What staff found out at the doors: kept by SKU and by category, and asked for with every order.

Many stores of a merchant load at once, and none waits for another only to learn: what somebody else writes to at this
moment is passed over, for one tap more or less is no loss.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.ids import new_id
from bopis.lockers.fit import SIZES, Experience, Item
from bopis.lockers.items import new_item
from bopis.lockers.learning import Lesson, Shift, learn
from bopis.lockers.models import ItemSize, SizeGuess
from bopis.lockers.queries import item_sizes
from bopis.prepared import Prepared, word

_COUNTS = tuple(f"took_{size.lower()}" for size in SIZES)
_MILLION = 1_000_000
_ENOUGH = 3
"""From so many on the commonest size is worth more than a piece's weight."""


class Known(NamedTuple):
    """All that helps to guess what room some SKUs need."""

    items: dict[str, Item]
    learned: Experience


def known(session: Session, merchant_id: str, skus: Collection[str]) -> Known:
    """What is known of these SKUs, of their categories, and of what has none."""
    rows = _GUESSES.read(session, _Guess, of=merchant_id, skus=skus or [""])
    return Known(item_sizes(session, merchant_id, skus), _experience(rows))


def teach(session: Session, merchant_id: str, about: Mapping[str, Any], lesson: Lesson, answer: str) -> dict[str, Any]:
    """Keep a lesson; returns what `forget` needs to take it back. `about` is a pickup's `teaches`."""
    done: dict[str, Any] = {}
    if lesson.size and about["sku"] and (item := _item(session, merchant_id, about["sku"])) is not None:
        done |= {"sku": about["sku"], "was": item.confirmed, "is": lesson.size}
        item.confirmed = lesson.size
    if "category" in about:
        where = {"category": about["category"], "band": about["band"]}
        if lesson.of_category and (row := _guess(session, merchant_id, about["category"], "")) is not None:
            after = learn(Shift(row.shift / _MILLION, row.taps), answer)
            shift = round(after.by * _MILLION)
            done |= {**where, "by": shift - row.shift}
            row.shift, row.taps = shift, after.taps
        if lesson.size:
            done |= {**where, "took": _count(session, merchant_id, where, lesson.size, 1)}
    session.flush()
    return done


def forget(session: Session, merchant_id: str, done: Mapping[str, Any]) -> None:
    """Take back what `teach` did; what was learnt since then stays."""
    if "sku" in done:
        item = _item(session, merchant_id, done["sku"])
        if item is not None and item.confirmed == done["is"]:
            item.confirmed = done["was"]
    if "by" in done and (row := _guess(session, merchant_id, done["category"], "")) is not None:
        row.shift, row.taps = row.shift - done["by"], max(0, row.taps - 1)
    if done.get("took"):
        _count(session, merchant_id, done, done["took"], -1)
    session.flush()


class _Guess(NamedTuple):
    category: str
    band: str
    took_s: int
    took_m: int
    took_l: int
    took_xl: int
    shift: int
    taps: int

    def commonest(self) -> str:
        """The size that most needed; empty when few are known."""
        counts = (self.took_s, self.took_m, self.took_l, self.took_xl)
        return SIZES[counts.index(max(counts))] if sum(counts) >= _ENOUGH else ""


def _experience(rows: list[_Guess]) -> Experience:
    return Experience(
        {(row.category, row.band): row.commonest() for row in rows if row.band and row.commonest()},
        # What has no category has nothing in common.
        {row.category: row.commonest() for row in rows if row.category and not row.band and row.commonest()},
        {row.category: Shift(row.shift / _MILLION, row.taps) for row in rows if not row.band},
    )


def _count(session: Session, merchant_id: str, where: Mapping[str, str], size: str, change: int) -> str:
    """Count one piece more, or less, of a size; returns the size if that was done."""
    rows = [_guess(session, merchant_id, where["category"], band) for band in {"", where["band"]}]
    if not all(rows):
        return ""
    for row in rows:
        count = f"took_{size.lower()}"
        setattr(row, count, max(0, getattr(row, count) + change))
    return size


def _guess(session: Session, merchant_id: str, category: str, band: str) -> SizeGuess | None:
    """The row, ours until the commit; None when somebody else is writing to it."""
    key = {"merchant_id": merchant_id, "category": category, "band": band}
    return _ours(
        session, SizeGuess, key, lambda: SizeGuess(id=new_id(), **dict.fromkeys(_COUNTS, 0), shift=0, taps=0, **key)
    )


def _item(session: Session, merchant_id: str, sku: str) -> ItemSize | None:
    return _ours(
        session, ItemSize, {"merchant_id": merchant_id, "sku": sku}, lambda: new_item(session, merchant_id, sku)
    )


def _ours(session: Session, table: Any, key: Mapping[str, str], make: Any) -> Any:
    statement = select(table).filter_by(**key)
    row = session.scalars(statement.with_for_update(skip_locked=True)).first()
    if row is not None or session.scalars(select(table.id).filter_by(**key)).first():
        return row
    try:
        with session.begin_nested():
            session.add(row := make())
            session.flush()
    except IntegrityError:
        return None  # somebody else made it just now
    return row


_GUESSES = Prepared(
    select(
        SizeGuess.category,
        SizeGuess.band,
        SizeGuess.took_s,
        SizeGuess.took_m,
        SizeGuess.took_l,
        SizeGuess.took_xl,
        SizeGuess.shift,
        SizeGuess.taps,
    ).where(
        SizeGuess.merchant_id == bindparam("of"),
        or_(
            SizeGuess.category == word(""),
            SizeGuess.category.in_(
                select(ItemSize.category).where(ItemSize.merchant_id == bindparam("of"), among(ItemSize.sku, "skus"))
            ),
        ),
    )
)
