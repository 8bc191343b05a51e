"""FreshFirst and its rivals. Where a rival chooses otherwise than the allocator, it does so here."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bench.allocation.simulation import Chooser, Policy
from bopis.lockers.allocation import Box, Decision, Goods, choose, takes
from bopis.lockers.fit import SIZES
from bopis.lockers.knobs import Knobs


def _free(boxes: Sequence[Box], goods: Goods) -> list[Box]:
    return [box for box in boxes if box.stay is None and takes(box, goods)]


def _at_random(seed: int) -> Chooser:
    chance = Random(f"doors {seed}")

    def choose_any(boxes: Sequence[Box], goods: Goods) -> Decision:
        free = _free(boxes, goods)
        return Decision(chance.choice(free).door if free else None, "any")

    return choose_any


def _first_fit(seed: int) -> Chooser:
    # Doors are numbered down the columns, so that sizes are mixed: the order here is one drawn for the bank.
    order: list[int] = []

    def choose_first(boxes: Sequence[Box], goods: Goods) -> Decision:
        if not order:
            order.extend(Random(f"numbers {seed}").sample(range(len(boxes)), len(boxes)))
        free = _free(boxes, goods)
        return Decision(min(free, key=lambda box: order[box.door.number]).door if free else None, "first")

    return choose_first


def _keeping_one(_: int) -> Chooser:
    """Smallest-fitting, but the last free door of a size goes to nobody who needs less."""

    def choose_sparing(boxes: Sequence[Box], goods: Goods) -> Decision:
        free = _free(boxes, goods)
        counts = {size: sum(box.door.size == size for box in free) for size in SIZES}
        allowed = [box.door for box in free if box.door.size == goods.size or counts[box.door.size] > 1]
        return Decision(choose(allowed, goods.size).door, "sparing")

    return choose_sparing


FRESH_FIRST = Policy("FreshFirst", Knobs())
RELOAD = Policy("FreshFirst, one re-load", Knobs(reloads=1))
SMALLEST = Policy("smallest-fit at load time")
EARLY_SMALLEST = Policy("smallest-fit at order time", early=True)
EARLY_FIRST = Policy("first-fit at order time", early=True, chooser=_first_fit)

POLICIES = (
    Policy("random at order time", early=True, chooser=_at_random),
    EARLY_FIRST,
    EARLY_SMALLEST,
    Policy("random at load time", chooser=_at_random),
    Policy("first-fit at load time", chooser=_first_fit),
    SMALLEST,
    Policy("smallest-fit, one of each size kept", chooser=_keeping_one),
    Policy("smallest-fit, held 24 h", hold_hours=24),
    Policy("smallest-fit, held 36 h", hold_hours=36),
    Policy("smallest-fit, held 48 h", hold_hours=48),
    Policy(
        "smallest-fit, waitlist oldest first", Knobs(guaranteed_hours=0, waitlist_hours=72, moves=0), oldest_first=True
    ),
    Policy("smallest-fit, waitlist newest first", Knobs(guaranteed_hours=0, moves=0)),
    Policy("smallest-fit, moving down", Knobs(guaranteed_hours=0, waitlist_hours=0)),
    Policy("smallest-fit, stalest to counter", Knobs(waitlist_hours=0, moves=0)),
    FRESH_FIRST,
    Policy("FreshFirst, 12 h guaranteed", Knobs(guaranteed_hours=12)),
    Policy("FreshFirst, 36 h guaranteed", Knobs(guaranteed_hours=36)),
    Policy("FreshFirst, 48 h guaranteed", Knobs(guaranteed_hours=48)),
    RELOAD,
)
"""All of them, for the usual store at load 1."""
TTL_36 = next(policy for policy in POLICIES if policy.hold_hours == 36)
LOADED = (EARLY_FIRST, EARLY_SMALLEST, SMALLEST, TTL_36, FRESH_FIRST, RELOAD)
"""Those compared under the other loads."""
FEW = (EARLY_SMALLEST, SMALLEST, FRESH_FIRST, RELOAD)
"""Those compared in every other store."""
