"""Which door a pickup gets: FreshFirst. Pure functions, the same at order time, at load time and in the bench.

Smallest-fitting is optimal among the rules that never move goods (`docs/allocation.md`). But whoever has not come yet
comes the less likely the longer it has been, so a door is worth most to the freshest order: when nothing is free a
smaller order is moved down, else the stalest makes room and goes to the counter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bopis.lockers.fit import SIZES
from bopis.lockers.knobs import Knobs, KnobsOf

_RANK = {size: rank for rank, size in enumerate(SIZES)}
_SPARE_DOORS = 3
"""So many doors must stay free beside the one that is loaded again."""


class Door(NamedTuple):
    """A compartment as the choice sees it. `holder` is the pickup that holds it provisionally, untouched."""

    compartment_id: str
    number: int
    size: str
    accessible: bool
    holder: str | None = None
    bank_id: str = ""


@dataclass(frozen=True)
class Choice:
    """A door and who loses it, or no door; `reason` is a stable word that staff read in full."""

    door: Door | None
    reason: str

    @property
    def robbed(self) -> str | None:
        return self.door.holder if self.door else None


class Goods(NamedTuple):
    """What wants a door: the size it needs, None when none will do; and what else, of `fit.NEEDS`.

    `bank_id` is the one bank whose doors its code opens; empty when it may still have a code of any.
    """

    pickup_id: str
    size: str | None
    needs: frozenset[str] = frozenset()
    bank_id: str = ""


class Stay(NamedTuple):
    """Goods that lie in a door since they were loaded there. `pinned` ones stay: their shopper is on the way, or was
    promised just this door."""

    goods: Goods
    since: dt.datetime
    pinned: bool = False


class Box(NamedTuple):
    """A door and what lies in it. `cold` is chilled, frozen or empty; its goods must need just that."""

    door: Door
    stay: Stay | None = None
    cold: str = ""


class Move(NamedTuple):
    """Goods to be carried from one door to another, or to the counter (None), before the door is loaded."""

    goods: Goods
    start: Door
    to: Door | None


@dataclass(frozen=True)
class Decision:
    """A door or the counter (None), why, and what must be carried first, in this order."""

    door: Door | None
    reason: str
    moves: tuple[Move, ...] = ()

    @property
    def robbed(self) -> list[str]:
        """The pickups that lose a door they were only promised."""
        doors = [self.door, *(move.to for move in self.moves)]
        return [door.holder for door in doors if door and door.holder]


class Waiting(NamedTuple):
    """Goods at the counter that would rather be in a door: since when they are ready, how often they were in one."""

    goods: Goods
    since: dt.datetime
    loads: int = 0


def choose(doors: Sequence[Door], size: str | None, *, not_in: Collection[str] = ()) -> Choice:
    """Choose the smallest door that takes `size`, a free one before a held one, the lowest number last.

    `doors` are those free or only provisionally held; `size` None fits nowhere; `not_in` are compartments already
    tried. A held door is only offered to what is in hand: give `doors` without holders at order time.
    """
    if size is None:
        return Choice(None, "too_big")
    least = _RANK[size]
    fitting = [door for door in doors if _RANK[door.size] >= least and door.compartment_id not in not_in]
    if not fitting:
        return Choice(None, "nothing_free")
    best = min(fitting, key=lambda door: (_RANK[door.size], door.holder is not None, door.accessible, door.number))
    if best.holder is not None:
        return Choice(best, "in_hand_goes_first")
    return Choice(best, "smallest_fitting" if best.size == size else "next_size_up")


def decide(
    boxes: Sequence[Box], goods: Goods, now: dt.datetime, knobs: Knobs | KnobsOf, *, not_in: Collection[str] = ()
) -> Decision:
    """The door for goods in hand, and what must be carried first. `boxes` are those in service, `not_in` tried ones.

    With several banks `knobs` says what each of them does; nothing is carried from one to another.
    """
    if goods.size is None:
        return Decision(None, "too_big")
    fitting = [box for box in boxes if takes(box, goods) and box.door.compartment_id not in not_in]
    if not fitting:
        return Decision(None, "no_such_door")
    choice = choose([box.door for box in fitting if box.stay is None], goods.size)
    if choice.door is not None:
        return Decision(choice.door, choice.reason)
    return (
        _moved_down(boxes, fitting, _each(knobs))
        or _displaced(boxes, fitting, now, _each(knobs))
        or Decision(None, "nothing_free")
    )


def decide_parcels(boxes: Sequence[Box], parcels: Sequence[Goods]) -> list[Decision]:
    """Doors for an order that fits no single one, the largest parcel first; all of them, or none is given.

    Nothing is moved for it: it takes more than its share of doors already.
    """
    taken: set[str] = set()
    decisions = []
    for goods in sorted(parcels, key=lambda goods: -_RANK[goods.size] if goods.size else 0):
        free = [box.door for box in boxes if box.stay is None and takes(box, goods)]
        choice = choose(free, goods.size, not_in=taken)
        if choice.door is None:
            return []
        taken.add(choice.door.compartment_id)
        decisions.append(Decision(choice.door, choice.reason))
    return decisions


def refill(
    boxes: Sequence[Box], waiting: Iterable[Waiting], now: dt.datetime, knobs: Knobs | KnobsOf
) -> tuple[Waiting, Decision] | None:
    """Who at the counter gets a free door, the newest first, or None. Ask again when it was loaded.

    Nobody loses a promised door for it, and nobody is displaced. With several banks `knobs` says who may come into
    each of them.
    """
    unclaimed = [box for box in boxes if box.stay is not None or box.door.holder is None]
    if all(box.stay is not None for box in unclaimed):
        return None
    of, banks = _each(knobs), {box.door.bank_id for box in unclaimed}
    refused: set[tuple[object, ...]] = set()
    for one in sorted(waiting, key=lambda one: one.since, reverse=True):
        open_to_it = frozenset(bank for bank in banks if _may_come_in(one, now, of(bank)))
        alike = (one.goods.size, one.goods.needs, one.goods.bank_id, open_to_it)
        if not open_to_it or not one.goods.size or alike in refused:
            continue
        theirs = [box for box in unclaimed if box.door.bank_id in open_to_it]
        if one.loads and not _spare(theirs, one.goods):
            continue
        fitting = [box for box in theirs if takes(box, one.goods)]
        choice = choose([box.door for box in fitting if box.stay is None], one.goods.size)
        if choice.door is not None:
            return one, Decision(choice.door, "newest_first")
        if (swapped := _moved_down(theirs, fitting, of)) is not None:
            return one, swapped
        refused.add(alike)
    return None


def takes(box: Box, goods: Goods) -> bool:
    """Whether these goods may lie in this box at all, whatever lies there now."""
    return (
        goods.size is not None
        and _RANK[box.door.size] >= _RANK[goods.size]
        and goods.bank_id in ("", box.door.bank_id)
        and (box.cold == "" if not goods.needs else _has(box, goods.needs))
    )


def _each(knobs: Knobs | KnobsOf) -> KnobsOf:
    return (lambda _: knobs) if isinstance(knobs, Knobs) else knobs


def _may_come_in(one: Waiting, now: dt.datetime, knobs: Knobs) -> bool:
    if one.loads:
        return one.loads <= knobs.reloads
    return one.since > now - dt.timedelta(hours=knobs.waitlist_hours)


def _has(box: Box, needs: frozenset[str]) -> bool:
    cold = next((kind for kind in ("frozen", "chilled") if kind in needs), "")
    return box.cold == cold and (box.door.accessible or "accessible" not in needs)


def _spare(boxes: Sequence[Box], goods: Goods) -> bool:
    return sum(box.stay is None and takes(box, goods) for box in boxes) > _SPARE_DOORS


def _moved_down(boxes: Sequence[Box], fitting: Sequence[Box], of: KnobsOf) -> Decision | None:
    """Empty one of `fitting` by carrying what is in it, or that and one more, into smaller doors that are free."""
    free = [box for box in boxes if box.stay is None]
    if not free:
        return None
    most = {bank: of(bank).moves for bank in {box.door.bank_id for box in boxes}}
    for box, move in _moves((box for box in fitting if most[box.door.bank_id]), free):
        return Decision(box.door, "moved_down", (move,))
    twice = [box for box in boxes if most[box.door.bank_id] > 1]
    able = {box.door.compartment_id for box in fitting}
    between = list(_moves([box for box in twice if box.door.compartment_id not in able], free))
    for box, move in _moves(fitting, [middle for middle, _ in between]):
        first = next(before for _, before in between if before.start is move.to)
        return Decision(box.door, "moved_down", (first, move))
    return None


def _moves(starts: Iterable[Box], ends: Iterable[Box]) -> Iterator[tuple[Box, Move]]:
    """Each box that can be emptied into one of `ends`, the smallest first, and how."""
    by_room = sorted(ends, key=_room)
    for box in sorted(starts, key=_room):
        if box.stay is None or box.stay.pinned:
            continue
        for end in by_room:
            if end.door.bank_id == box.door.bank_id and takes(end, box.stay.goods):
                yield box, Move(box.stay.goods, box.door, end.door)
                break


def _room(box: Box) -> tuple[int, bool, bool, int]:
    door = box.door
    return _RANK[door.size], door.holder is not None, door.accessible, door.number


def _displaced(boxes: Sequence[Box], fitting: Sequence[Box], now: dt.datetime, of: KnobsOf) -> Decision | None:
    """Send the stalest that had its guaranteed hours to the counter; else one in a smaller door, to move into that."""
    stale = sorted(_stale(boxes, now, of), key=lambda found: (found[0].since, found[1].door.number))
    able = {box.door.compartment_id for box in fitting}
    for stay, box in stale:
        if box.door.compartment_id in able:
            return Decision(box.door, "stalest_to_counter", (Move(stay.goods, box.door, None),))
    for stay, box in stale:
        for emptied, move in _moves(fitting, [box]) if of(box.door.bank_id).moves else ():
            return Decision(emptied.door, "stalest_to_counter", (Move(stay.goods, box.door, None), move))
    return None


def _stale(boxes: Sequence[Box], now: dt.datetime, of: KnobsOf) -> Iterator[tuple[Stay, Box]]:
    hours = {bank: of(bank).guaranteed_hours for bank in {box.door.bank_id for box in boxes}}
    latest = {bank: now - dt.timedelta(hours=least) for bank, least in hours.items() if least}
    for box in boxes:
        least = latest.get(box.door.bank_id)
        if least is not None and box.stay is not None and not box.stay.pinned and box.stay.since <= least:
            yield box.stay, box
