"""How an order lies behind its doors: in parcels, and what was tapped about the room it took."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.pickups import taps
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.words import NEEDS

SAID = {"fits": "it fits", "too_small": "too small", "could_be_smaller": "a smaller door would do"}
"""A tap in words, after the door it was about."""


@dataclass(frozen=True)
class ParcelView:
    """One of several: what is in it, and what it needs."""

    number: int
    size: str
    what: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class TapView:
    """What was tapped about one door."""

    door: int
    answer: str

    @property
    def words(self) -> str:
        """Such as: Door 3: it fits"""
        return f"Door {self.door}: {SAID[self.answer]}"


@dataclass(frozen=True)
class FitView:
    """`tells`: whether a tap teaches anything. `parcels` is empty when it goes behind one door."""

    tells: bool
    parcels: tuple[ParcelView, ...]
    taps: tuple[TapView, ...]

    def tapped(self, door: int) -> str:
        """What was tapped about a door; empty when nothing was."""
        return next((tap.answer for tap in self.taps if tap.door == door), "")


def look(session: Session, pickup: Pickup) -> FitView:
    """How it lies now."""
    parcels = tuple(_parcel(pickup, number, each) for number, each in enumerate(pickup.parcels, start=1))
    return FitView(taps.teaches(pickup), parcels, tuple(_taps(session, pickup)))


def _parcel(pickup: Pickup, number: int, parcel: dict[str, object]) -> ParcelView:
    holds: list[list[int]] = parcel["holds"]  # type: ignore[assignment]
    what = ", ".join(f"{count} × {pickup.lines[line]['title']}" for line, count in holds if line < len(pickup.lines))
    needs = str(parcel["needs"]).split()
    return ParcelView(number, str(parcel["size"]), what, tuple(need for need in NEEDS if need in needs))


def _taps(session: Session, pickup: Pickup) -> list[TapView]:
    found = session.scalars(
        select(taps.Tap).where(taps.Tap.placement_id.in_([place.id for place in pickup.placements]))
    )
    answers = {tap.placement_id: tap.answer for tap in found if tap.answer}
    told: dict[int, TapView] = {}
    for place in pickup.placements:
        if place.id in answers and _is_told(place) and place.compartment:
            told[place.compartment.number] = TapView(place.compartment.number, answers[place.id])
    return list(told.values())


def _is_told(place: Placement) -> bool:
    """Not what a door of long ago was said to be."""
    return place.pickup.state in ("reserved", "ready")
