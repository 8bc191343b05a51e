"""What staff have to do at this bank: the cloud's last list, with what was done here since, and the doors it leaves."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from firmware_bridge.access import Placement, read_placements
from firmware_bridge.bank import Bank
from firmware_bridge.deeds import EMPTY, Deeds, Place
from firmware_bridge.grants import Grants
from firmware_bridge.held import Held
from firmware_bridge.layout import Spot

log = logging.getLogger(__name__)

SIZES = ("S", "M", "L", "XL")
_NEEDS = ("frozen", "chilled", "upright", "accessible")
"""Of wire.NEEDS, what spoils soonest first."""


@dataclass(frozen=True)
class Item:
    """One order: to be loaded, or to be taken out. `stage`: todo, open (begun), loaded, look (is it empty?), done."""

    pickup: str
    grant: str | None
    name: str
    size: str
    needs: tuple[str, ...]
    action: str
    stage: str
    promised: tuple[Placement, ...]
    """Doors the cloud named; nothing was put there yet."""
    inside: tuple[Placement, ...]
    """What must come out, or was loaded before the cloud last spoke."""
    here: tuple[Place, ...]
    """What was done for it here since."""
    parcels: int
    """How many doors it is spread over."""
    said: Mapping[str, Any] = field(compare=False, repr=False)
    """As the cloud wrote it."""

    def is_begun(self) -> bool:
        """Whether part of what is to be loaded lies behind its door already."""
        return self.action == "load" and (bool(self.inside) or any(place.state == "loaded" for place in self.here))


class WorkList:
    """The list as it stands now, and which door is free."""

    def __init__(self, held: Held, deeds: Deeds, grants: Grants, bank: Bank) -> None:
        self._held, self._deeds, self._grants, self._bank = held, deeds, grants, bank
        self._said: dict[str, Any] = {}
        self._items: dict[str, Item] = {}
        """By pickup, as last worked out; an item is worked out anew when something was done for it."""

    def items(self) -> list[Item]:
        """In the cloud's order, which is by age. One that cannot be read is left out and named in the log."""
        said = self._held.get("work")
        if said is not self._said:
            self._said, self._items = said, dict(self._readable(said.get("items", [])))
        here = self._deeds.of(*self._items)
        for pickup, item in self._items.items():
            if item.here != here[pickup]:
                self._items[pickup] = _item(item.said, here[pickup])
        return list(self._items.values())

    def hash(self) -> str | None:
        """Which list it is; another one is another list."""
        return self._held.hashes()["work"]

    def get(self, pickup: str) -> Item | None:
        self.items()
        return self._items.get(pickup)

    def occupied(self) -> set[int]:
        """Doors behind which something lies, or may."""
        return occupied(self._held, self._deeds, self._grants)

    def usable(self, number: int | None, occupied: Collection[int]) -> bool:
        """Whether goods may go behind this door: it works, is shut, and nothing is known or seen inside."""
        door = self._bank.doors.get(number or 0)
        if door is None or number in occupied:
            return False
        return door.in_service and not door.suspect and door.state == "shut" and door.item != "present"

    def choose(self, item: Item, least: str, not_in: Collection[int] = ()) -> int | None:
        """The smallest free door of at least this size that has what it needs, promised to nobody first; or None."""
        if least not in SIZES or self._bank.layout is None:
            return None
        occupied = self.occupied() | set(not_in)
        promised = {place.door for each in self.items() if each.pickup != item.pickup for place in each.promised}
        ranked = [
            (SIZES.index(spot.size), number in promised, spot.accessible != ("accessible" in item.needs), number)
            for number, spot in self._bank.layout.doors.items()
            if spot.size in SIZES and SIZES.index(spot.size) >= SIZES.index(least)
            if _has(spot, item.needs) and self.usable(number, occupied)
        ]
        return min(ranked)[-1] if ranked else None

    def _readable(self, bodies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Item]]:
        for body in bodies:
            try:
                yield str(body["pickup"]), _item(body, ())
            except (KeyError, TypeError, ValueError) as problem:
                log.error("an order of the work list cannot be read (%s)", type(problem).__name__)


def _has(spot: Spot, needs: Collection[str]) -> bool:
    """As the service rules it: cold goods lie as cold as they need, and nothing else lies there."""
    cold = next((kind for kind in ("frozen", "chilled") if kind in needs), "")
    return spot.cold == cold and (spot.accessible or "accessible" not in needs)


def _item(body: Mapping[str, Any], here: tuple[Place, ...]) -> Item:
    places = [
        (place, bool(said.get("loaded")))
        for said in body["placements"]
        for place in read_placements([{**said, "kind": "counter" if said["door"] is None else "compartment"}])
    ]
    gone = {place.placement for place in here if place.state in EMPTY}
    inside = tuple(place for place, loaded in places if loaded and place.door and place.id not in gone)
    touched = {place.placement for place in here}
    parcels = int(body.get("parcels", 1))
    return Item(
        pickup=str(body["pickup"]),
        grant=body.get("grant"),
        name=str(body["name"]),
        size=str(body["size"]),
        needs=tuple(need for need in _NEEDS if need in body.get("needs", ())),
        action=str(body["action"]),
        stage=_stage(str(body["action"]), here, inside, parcels),
        promised=tuple(place for place, loaded in places if not loaded and place.door and place.id not in touched),
        inside=inside,
        here=here,
        parcels=parcels,
        said=body,
    )


def occupied(held: Held, deeds: Deeds, grants: Grants) -> set[int]:
    """Doors behind which something lies, or may, as far as the bridge can know."""
    taken = {number for number in held.get("work").get("taken", []) if type(number) is int}
    return (taken - deeds.freed()) | deeds.filled() | grants.unspent_doors()


def _stage(action: str, here: Collection[Place], inside: Collection[Placement], parcels: int) -> str:
    states = {place.state for place in here}
    if action == "reclaim":
        if "looked" in states:
            return "look"
        return "todo" if inside else "done"
    if "counter" in states:
        return "done"
    if states & {"open", "held"}:
        return "open"
    # Each is behind a door of its own; what the cloud knows to be inside may have been loaded here as well.
    filled = {place.placement for place in here if place.state in ("loaded", "collected")} | {
        each.id for each in inside
    }
    enough = 1 if "all_in" in states else parcels
    return "loaded" if len(filled) >= enough else "todo"
