"""What was done to the bank's places since the cloud last took our events: told again from those very events.

An event stays in the journal until the cloud has acknowledged it, and is forgotten together with the lists that know
of it. So nothing is kept twice, and a restart or a power cut loses nothing. What a question costs does not grow with
the events: each is read once, a place is forgotten with the last event that spoke of it, and doors are counted as
places change.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.access import Grant, Placement
from firmware_bridge.clock import from_iso
from firmware_bridge.journal import Journal

INSIDE = frozenset({"open", "held", "loaded", "given_up", "looked"})
"""States of a place in whose door something lies, or may."""
EMPTY = frozenset({"empty", "collected"})
_KINDS = (
    "door_opened",
    "door_shut",
    "door_unknown",
    "door_failed",
    "place_given_up",
    "confirmed_empty",
    "set_aside",
    "all_in",
)
_OF_NO_DOOR = {"set_aside": "counter", "all_in": "all_in"}
"""What somebody said of all of an order, and the state of the place that stands for it."""


@dataclass(frozen=True)
class Place:
    """What became of one placement here. `state`: open (being loaded), held (shut, empty, still to be loaded), loaded,
    given_up (not used after all, still open), looked (opened to take out, nobody has said that it is empty), empty,
    collected, failed (its door never opened); and of no door: counter (set aside), all_in (nothing more is to come)."""

    placement: str
    door: int | None
    state: str
    pickup: str | None
    grant: str | None
    at: float
    seq: int
    """Of the last event that spoke of it."""


class Deeds:
    """The places that events not yet acknowledged speak of, worked out from the journal; each event is read once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._forget_all()

    def _forget_all(self) -> None:
        self._last = 0
        self._places: dict[str, Place] = {}
        """In the order of the last words on them."""
        self._of: dict[str, dict[str, Place]] = {}
        """The same once more, by pickup and by grant: after three days without the line there are thousands."""
        self._filled: Counter[int] = Counter()
        self._freed: Counter[int] = Counter()

    def filled(self) -> set[int]:
        """Doors behind which something was put here, or may have been."""
        with self._read():
            return set(+self._filled)

    def freed(self) -> set[int]:
        """Doors that something was taken out of here."""
        with self._read():
            return set(+self._freed)

    def is_empty(self, placement: str) -> bool:
        """Whether this one was taken out here."""
        with self._read():
            place = self._places.get(placement)
            return place is not None and place.state in EMPTY

    def of(self, *pickups: str) -> dict[str, tuple[Place, ...]]:
        """What was done for each of some pickups, oldest first."""
        with self._read():
            return {pickup: tuple(self._of.get(pickup, {}).values()) for pickup in pickups}

    @contextmanager
    def _read(self) -> Iterator[None]:
        """All of it as it is now, for one thread at a time."""
        with self._journal.alone():
            self._catch_up()
            yield

    def _catch_up(self) -> None:
        # Asked for apart each end is one step in the index; together they would read every event.
        ends = self._journal.rows(
            "SELECT (SELECT min(seq) FROM events) AS first, (SELECT max(seq) FROM events) AS last"
        )[0]
        first, last = ends["first"], ends["last"] or 0
        if first is None or last < self._last:
            self._forget_all()  # all of it is acknowledged, or was numbered anew
        else:
            self._forget_before(first)
        if last > self._last:
            sql = "SELECT seq, kind, at, data FROM events WHERE seq > ? AND seq <= ? ORDER BY seq"
            for row in self._journal.rows(sql, self._last, last):
                if row["kind"] in _KINDS:
                    self._note(row["seq"], row["kind"], json.loads(row["data"]), from_iso(row["at"]))
        self._last = last

    def _forget_before(self, seq: int) -> None:
        """Places of which the cloud has heard everything; one with a later event stays as it is."""
        while self._places:
            place = next(iter(self._places.values()))
            if place.seq >= seq:
                return
            self._remove(place)
            for owner in (place.pickup, place.grant):
                mine = self._of.get(owner or "", {})
                mine.pop(place.placement, None)
                if not mine:
                    self._of.pop(owner or "", None)

    def on(self, grant: Grant, hold_seconds: float) -> Grant:
        """A grant with what was loaded for it here: it opens as soon as all of that is behind shut doors."""
        with self._read():
            mine = list(self._of.get(grant.id, {}).values())
        if not mine:
            return grant
        kept = [place for place in mine if place.state in INSIDE or place.state == "collected"]
        if not all(place.state in ("loaded", "collected") for place in kept):
            return replace(grant, active=False)
        if grant.active:
            taken_out = not kept and any(place.state == "empty" for place in mine)
            return replace(grant, active=False) if taken_out else grant
        if not kept:
            return grant
        until = min(grant.valid_until, max(place.at for place in kept) + hold_seconds)
        places = tuple(Placement(place.placement, "compartment", place.door) for place in kept)
        return replace(grant, active=True, valid_until=until, placements=places)

    def _note(self, seq: int, kind: str, data: dict[str, Any], at: float) -> None:
        placement = data.get("placement") or (f"{kind}:{data.get('pickup')}" if kind in _OF_NO_DOOR else None)
        if placement is None:
            return
        known = self._places.get(placement)
        state = _state(kind, data, known.state if known else None)
        if state is None:
            return
        pickup = data.get("pickup") or (known.pickup if known else None)
        grant = data.get("grant") or (known.grant if known else None)
        place = Place(placement, data.get("door"), state, pickup, grant, at, seq)
        if known is not None:
            self._remove(known)
        self._places[placement] = place
        self._count(place, 1)
        for owner in (pickup, grant):
            if owner is not None:
                self._of.setdefault(owner, {})[placement] = place

    def _remove(self, place: Place) -> None:
        del self._places[place.placement]
        self._count(place, -1)

    def _count(self, place: Place, by: int) -> None:
        if place.door is None:
            return
        if place.state in INSIDE:
            self._filled[place.door] += by
        elif place.state in EMPTY:
            self._freed[place.door] += by


def _state(kind: str, data: dict[str, Any], before: str | None) -> str | None:
    """A place's state after an event, None when it says nothing of it."""
    cause, item = data.get("cause"), data.get("item")
    if kind in ("door_opened", "door_unknown"):
        return "open" if cause == "load" and before != "given_up" else before
    if kind == "door_failed":
        return "failed" if cause == "load" and before is None else before
    if kind == "door_shut":
        return _shut(cause, item, before)
    if kind == "place_given_up":
        return "given_up" if data.get("state") == "open" or item == "present" else "empty"
    return _OF_NO_DOOR.get(kind, "empty")


def _shut(cause: str | None, item: str | None, before: str | None) -> str | None:
    if cause == "load" and before == "given_up":
        return "given_up" if item == "present" else "empty"
    if cause == "load":
        return "held" if item == "absent" else "loaded"
    if item == "present":
        return before
    if cause == "reclaim":
        return "empty" if item == "absent" else "looked"
    return {"unload": "empty", "grant": "collected"}.get(cause or "", before)
