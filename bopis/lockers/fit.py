"""Which size of door a pickup needs, from what is known of its items. Sizes are ordered S < M < L < XL.

Measured pieces are packed in three dimensions. What is not measured is guessed, each line by the first of these that
says something: the merchant's own size for the SKU; (its dimensions;) the size staff last confirmed; what others of
its category and weight took; its category's usual size; its weight; else M. A guess may be wrong by a size, and the
associate at the door sees it; `learning` lets it be wrong less often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bopis.lockers.learning import Shift, shifted
from bopis.lockers.packing import TRIES, Sides, Thing, pack
from bopis.lockers.sizes import SIZES as SIZES
from bopis.lockers.sizes import TOO_BIG as TOO_BIG
from bopis.lockers.sizes import USUAL_DOORS as USUAL_DOORS
from bopis.lockers.sizes import DoorKind as DoorKind
from bopis.ports import Line

NEEDS = ("upright", "chilled", "frozen", "accessible")
"""What a pickup may need beside room. `upright` is about packing, the others about the door."""
COLD = ("chilled", "frozen")
"""How cold a door may be, and goods may need it. What is frozen lies with nothing else."""
_PIECES_THAT_LIE_FLAT = 4
_PIECES_WORTH_PACKING = 16
"""Above this the search takes long and says little: small pieces fill a door to a known share."""
_PIECES_TO_SPLIT, _MOST_PARCELS = 40, 4
"""Larger orders are for the counter."""
_FILLED_SHARE = 0.55
_SLACK_PERCENT = 5
_WORK = 1_500
"""Tries times pieces squared, at most."""


@dataclass(frozen=True)
class Item:
    """What is known of one SKU; an empty value says nothing."""

    size: str = ""
    """The merchant's own word: a size, or TOO_BIG."""
    sides: Sides | None = None
    """Height, width and depth of one packed piece, in millimetres."""
    grams: int | None = None
    category: str = ""
    confirmed: str = ""
    """The size it was last loaded into with room that was neither short nor wasted."""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Experience:
    """What sizes others took: by category and weight band, and by category alone; and how far each lies from that."""

    by_weight: Mapping[tuple[str, str], str] = field(default_factory=dict)
    by_category: Mapping[str, str] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)


class Need(NamedTuple):
    """The smallest size that should do, None when no door will take all of it; what else it needs; how we know."""

    size: str | None
    needs: frozenset[str]
    reason: str


class Parcel(NamedTuple):
    """What goes behind one of several doors: its size, what else it needs, and of which lines how many pieces."""

    size: str
    needs: frozenset[str]
    holds: tuple[tuple[int, int], ...]


class Piece(NamedTuple):
    """One piece on its way into a parcel: measured, or guessed by size. `guess` TOO_BIG goes into no door.

    Of what is measured it is the size that staff found it to need, whatever its dimensions say.
    """

    guess: str
    thing: Thing | None
    grams: int


NOTHING_LEARNED = Experience()
_NOTHING = frozenset[str]()


def size_for(lines: Sequence[Line], item_sizes: Mapping[str, str | Item]) -> str | None:
    """The smallest size that should do, or None when no door will (then it goes to the counter).

    `item_sizes` maps a SKU to a size, to TOO_BIG, or to all that is known of it. Weights are grams of one piece.
    """
    known = {sku: Item(size=said) if isinstance(said, str) else said for sku, said in item_sizes.items()}
    return need_of(lines, known).size


def need_of(
    lines: Sequence[Line],
    items: Mapping[str, Item],
    learned: Experience = NOTHING_LEARNED,
    doors: Sequence[DoorKind] = USUAL_DOORS,
    seed: int = 0,
) -> Need:
    """What door these lines need, all in one. `doors` are the kinds there are, the smallest first."""
    pieces = [piece for line in lines for piece in pieces_of(line, items, learned)]
    needs = frozenset[str]().union(*(items[line.sku].needs for line in lines if line.sku in items))
    if not _may_lie_together(items[line.sku].needs if line.sku in items else _NOTHING for line in lines):
        return Need(None, needs, "apart")
    size = smallest(pieces, doors, seed)
    measured = all(piece.thing is not None for piece in pieces)
    return Need(size, needs, "too_big" if size is None else "packed" if pieces and measured else "guessed")


def parcels(
    lines: Sequence[Line],
    items: Mapping[str, Item],
    learned: Experience = NOTHING_LEARNED,
    doors: Sequence[DoorKind] = USUAL_DOORS,
    seed: int = 0,
) -> list[Parcel] | None:
    """What goes together behind each door, the largest door first, of lines that do not go behind one; None when a
    piece goes nowhere, or it would take more than a handful of doors.

    More doors under one code cost room that others would have had, so ask only when `need_of` finds no size.
    """
    pieces = [(piece, line) for line, each in enumerate(lines) for piece in pieces_of(each, items, learned)]
    wants = [items[line.sku].needs if line.sku in items else _NOTHING for line in lines]
    if len(pieces) > _PIECES_TO_SPLIT or any(smallest([piece], doors, seed) is None for piece, _ in set(pieces)):
        return None
    bundles: list[list[tuple[Piece, int]]] = []
    for one in sorted(pieces, key=lambda found: _bulk(found[0]), reverse=True):
        for bundle in bundles:
            together = _may_lie_together(wants[line] for _, line in (*bundle, one))
            if together and smallest([piece for piece, _ in (*bundle, one)], doors, seed):
                bundle.append(one)
                break
        else:
            bundles.append([one])
    found = [_parcel(bundle, wants, doors, seed) for bundle in bundles]
    return sorted(found, key=lambda parcel: -SIZES.index(parcel.size)) if len(found) <= _MOST_PARCELS else None


def _parcel(
    bundle: Sequence[tuple[Piece, int]], wants: Sequence[frozenset[str]], doors: Sequence[DoorKind], seed: int
) -> Parcel:
    size = smallest([piece for piece, _ in bundle], doors, seed)
    assert size is not None
    holds = tuple(sorted(Counter(line for _, line in bundle).items()))
    return Parcel(size, _NOTHING.union(*(wants[line] for line, _ in holds)), holds)


def _may_lie_together(needs: Iterable[frozenset[str]]) -> bool:
    return len({"frozen" in each for each in needs}) < 2


def pieces_of(line: Line, items: Mapping[str, Item], learned: Experience = NOTHING_LEARNED) -> list[Piece]:
    """The pieces of one line, each measured or guessed by the first source that says something."""
    item = items.get(line.sku, Item()) if line.sku else Item()
    grams = line.weight_grams if line.weight_grams is not None else item.grams
    sides = item.sides or line.sides_mm
    if sides and not item.size:
        thing = Thing(sides, "upright" in item.needs)
        return [Piece(item.confirmed, thing, grams or 0)] * line.quantity
    together = None if grams is None else grams * line.quantity
    return [Piece(_guess(item, grams, together, learned), None, grams or 0)] * line.quantity


def smallest(pieces: Sequence[Piece], doors: Sequence[DoorKind] = USUAL_DOORS, seed: int = 0) -> str | None:
    """The smallest of these doors that takes all the pieces, or None."""
    if any(piece.guess == TOO_BIG for piece in pieces):
        return None
    guesses = [SIZES.index(piece.guess) for piece in pieces if piece.guess]
    least = max(guesses, default=0 if pieces else SIZES.index("M"))
    if any(piece.thing is None for piece in pieces) and len(pieces) > _PIECES_THAT_LIE_FLAT:
        least = min(least + 1, len(SIZES) - 1)
    things = [piece.thing for piece in pieces if piece.thing]
    grams = sum(piece.grams for piece in pieces)
    for door in doors:
        if SIZES.index(door.size) >= least and grams <= door.grams and fits(things, door.inner_mm, seed):
            return door.size
    return None


def fits(things: Sequence[Thing], inner_mm: Sides, seed: int = 0) -> bool:
    """Whether measured things go into a door, with a twentieth of each side left for hands and bulges."""
    high, wide, deep = (side * (100 - _SLACK_PERCENT) // 100 for side in inner_mm)
    box = (high, wide, deep)
    if len(things) <= _PIECES_WORTH_PACKING:
        return pack(things, box, seed, min(TRIES, _WORK // max(1, len(things)) ** 2)) is not None
    filled = sum(thing.sides[0] * thing.sides[1] * thing.sides[2] for thing in things)
    kinds = set(things)
    return filled <= _FILLED_SHARE * high * wide * deep and all(pack([kind], box) is not None for kind in kinds)


def weight_band(grams: int | None) -> str:
    """The band of one piece's weight in which experience is gathered."""
    if grams is None:
        return ""
    return next((kind.size for kind in USUAL_DOORS if grams <= kind.grams), TOO_BIG)


def _guess(item: Item, grams: int | None, together: int | None, learned: Experience) -> str:
    if item.size or item.confirmed:
        return item.size or item.confirmed
    band = weight_band(grams)
    others = (band and learned.by_weight.get((item.category, band))) or learned.by_category.get(item.category)
    guess = others or weight_band(together) or "M"
    return guess if guess == TOO_BIG else shifted(guess, learned.shifts.get(item.category, Shift()))


def _bulk(piece: Piece) -> tuple[int, int]:
    rank = SIZES.index(piece.guess) if piece.guess in SIZES else 0
    sides = piece.thing.sides if piece.thing else (0, 0, 0)
    return rank, sides[0] * sides[1] * sides[2]
