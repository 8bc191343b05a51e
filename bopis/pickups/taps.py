"""What staff tap at an open door: it fits, it is too small, it could be smaller. Nobody waits for a tap.

What was loaded without one went in, and that counts too. What each tells rules `lockers.learning`; it is kept when the
goods are in, in the same transaction, once for each place.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from bopis import timeline
from bopis.db import Base, Id, Json
from bopis.errors import Conflict
from bopis.lockers.experience import forget, teach
from bopis.lockers.learning import FITS, TOO_SMALL, lesson
from bopis.pickups import parcelling
from bopis.pickups.models import Pickup, Placement


class Tap(Base):
    """What was said of one place, or only seen. `answer` is of learning.ANSWERS, or empty when nobody tapped."""

    __tablename__ = "taps"

    placement_id: Mapped[str] = mapped_column(Id, ForeignKey("placements.id"), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(Id)
    answer: Mapped[str]
    learnt: Mapped[dict[str, Any]] = mapped_column(type_=Json, default=dict)
    """What `experience.teach` did, to take it back."""
    at: Mapped[dt.datetime]


def teaches(pickup: Pickup) -> bool:
    """Whether a tap on its door tells anything."""
    return bool(pickup.teaches)


def answer_of(session: Session, placement: Placement) -> str:
    """What was tapped on a place; empty when nothing was."""
    tap = session.get(Tap, placement.id)
    return tap.answer if tap else ""


def say(session: Session, pickup: Pickup, door: int, answer: str, now: dt.datetime, *, actor: str) -> None:
    """Somebody taps that it fits, or could be smaller; an empty answer takes back what was said. Twice is once.

    Raises Conflict when there is no such door any more, or nothing to learn from it.
    """
    placement = _at(pickup, door)
    tap = session.get(Tap, placement.id) or _new(session, placement, now)
    if tap.answer == answer:
        return
    forget(session, pickup.merchant_id, tap.learnt)
    if tap.answer == TOO_SMALL and placement.compartment is not None:
        parcelling.needs_size(pickup, placement.parcel, placement.compartment.size)
    tap.answer, tap.learnt, tap.at = answer, {}, now
    timeline.write(session, pickup.id, f"tapped_{answer or 'back'}", actor=actor, at=now, door=door)
    if placement.state == "loaded":
        _learn(session, placement, tap)
    session.flush()


def loaded(session: Session, placement: Placement, now: dt.datetime) -> None:
    """The goods are in this door: learn from it, by what was tapped or by itself."""
    if not teaches(placement.pickup) or placement.compartment is None:
        return
    tap = session.get(Tap, placement.id) or _new(session, placement, now)
    if not tap.learnt:
        _learn(session, placement, tap)


def gave_up(session: Session, placement: Placement, now: dt.datetime) -> None:
    """The goods did not go into this door: it was too small."""
    if not teaches(placement.pickup) or placement.compartment is None:
        return
    tap = session.get(Tap, placement.id) or _new(session, placement, now)
    if tap.answer != TOO_SMALL:
        forget(session, placement.merchant_id, tap.learnt)
        tap.answer, tap.at = TOO_SMALL, now
        _learn(session, placement, tap)


def _learn(session: Session, placement: Placement, tap: Tap) -> None:
    pickup, box = placement.pickup, placement.compartment
    assert box is not None
    answer, guessed = tap.answer or FITS, pickup.teaches["size"]
    found = lesson(guessed, pickup.size or guessed, box.size, answer, tapped=bool(tap.answer))
    tap.learnt = teach(session, pickup.merchant_id, pickup.teaches, found, answer)
    session.flush()


def _new(session: Session, placement: Placement, now: dt.datetime) -> Tap:
    tap = Tap(placement_id=placement.id, merchant_id=placement.merchant_id, answer="", learnt={}, at=now)
    session.add(tap)
    return tap


def _at(pickup: Pickup, door: int) -> Placement:
    for placement in reversed(pickup.placements):
        box = placement.compartment
        touched = placement.touched or placement.state == "loaded"
        if touched and box is not None and box.number == door and teaches(pickup):
            return placement
    raise Conflict("nothing_to_learn", "This order's door says nothing about its items. Carry on.")
