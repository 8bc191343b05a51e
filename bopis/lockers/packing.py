"""Whether things go into a box: extreme points, tried again in other orders (Crainic, Perboli and Tadei, 2007).

All sides are whole millimetres, height first, then width and depth. What it finds is always a real packing; what it
does not find may still exist, rarely: `tests/bopis/lockers/test_packing.py` holds it against exact answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

Sides = tuple[int, int, int]
TRIES = 72
"""Orders of loading that are tried before we say that it does not fit."""


class Thing(NamedTuple):
    """One piece. `upright` keeps its height vertical."""

    sides: Sides
    upright: bool = False


class Placed(NamedTuple):
    """Where a thing lies: its place in the list given, its lowest corner, its sides as turned."""

    index: int
    at: Sides
    sides: Sides


def pack(things: Sequence[Thing], box: Sides, seed: int = 0, tries: int = TRIES) -> list[Placed] | None:
    """Where each thing lies in the box, or None. The same seed gives the same answer; `tries` bounds the work."""
    if _volume(box) < sum(_volume(thing.sides) for thing in things):
        return None
    if not all(any(_inside((0, 0, 0), way, box) for way in turnings(thing)) for thing in things):
        return None
    if (stacked := _stacked(things, box)) is not None:
        return stacked
    attempts = (_loaded(things, order, box) for order in _attempts(things, seed, tries))
    return next((found for found in attempts if found is not None), None)


def turnings(thing: Thing) -> list[Sides]:
    """Every way to turn it, those alike left out."""
    high, wide, deep = thing.sides
    ways = [(high, wide, deep), (high, deep, wide)] if thing.upright else list(permutations(thing.sides))
    return list(dict.fromkeys(ways))


def _volume(sides: Sides) -> int:
    return sides[0] * sides[1] * sides[2]


def _inside(at: Sides, sides: Sides, box: Sides) -> bool:
    return at[0] + sides[0] <= box[0] and at[1] + sides[1] <= box[1] and at[2] + sides[2] <= box[2]


def _stacked(things: Sequence[Thing], box: Sides) -> list[Placed] | None:
    """One on the other, each on its largest face: what fits so needs no search."""
    pile, height = [], 0
    for index, thing in enumerate(things):
        flat = min((way for way in turnings(thing) if _inside((height, 0, 0), way, box)), default=None)
        if flat is None:
            return None
        pile.append(Placed(index, (height, 0, 0), flat))
        height += flat[0]
    return pile


def _attempts(things: Sequence[Thing], seed: int, tries: int) -> Iterator[list[tuple[int, Sides]]]:
    """Orders of loading, each thing with the axis along which it keeps low: the largest first, then shuffled."""
    state = seed * 2_654_435_769 + 1
    for turn in range(tries):
        plain, keyed = turn < len(_SENSES) * len(_LOW), []
        for index, thing in enumerate(things):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
            noise, any_way = (1.0, turn // len(_SENSES)) if plain else (0.5 + (state >> 40) / 2**24, state >> 33)
            keyed.append((-_SENSES[turn % len(_SENSES)](thing.sides) * noise, index, _LOW[any_way % len(_LOW)]))
        yield [(index, low) for _, index, low in sorted(keyed)]


_LOW: list[Sides] = [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0)]
_SENSES: list[Callable[[Sides], int]] = [_volume, max, lambda sides: sorted(sides)[1] * max(sides), min]


def _loaded(things: Sequence[Thing], order: Iterable[tuple[int, Sides]], box: Sides) -> list[Placed] | None:
    points, placed = {(0, 0, 0)}, list[Placed]()
    for index, (first, second, third) in order:
        fitting = [
            (at[first] + way[first], at[second] + way[second], at[third] + way[third], at, way)
            for way in turnings(things[index])
            for at in points
            if _inside(at, way, box) and not any(_overlap(at, way, other) for other in placed)
        ]
        if not fitting:
            return None
        *_, at, way = min(fitting)
        placed.append(Placed(index, at, way))
        points.discard(at)
        points.update(_extreme_points(placed, box))
    return placed


def _overlap(at: Sides, sides: Sides, other: Placed) -> bool:
    there, size = other.at, other.sides
    return all(at[axis] < there[axis] + size[axis] and there[axis] < at[axis] + sides[axis] for axis in (0, 1, 2))


def _extreme_points(placed: Sequence[Placed], box: Sides) -> Iterator[Sides]:
    """The far corners of what was placed last, each slid along another axis until it meets something."""
    last = placed[-1]
    for axis in (0, 1, 2):
        corner = list(last.at)
        corner[axis] += last.sides[axis]
        if corner[axis] >= box[axis]:
            continue
        for along in (0, 1, 2):
            if along != axis:
                slid = corner.copy()
                slid[along] = max((_stop(corner, along, other) for other in placed), default=0)
                yield slid[0], slid[1], slid[2]


def _stop(point: Sequence[int], along: int, other: Placed) -> int:
    end = other.at[along] + other.sides[along]
    beside = all(other.at[a] <= point[a] < other.at[a] + other.sides[a] for a in (0, 1, 2) if a != along)
    return end if beside and end <= point[along] else 0
