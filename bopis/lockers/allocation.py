"""Which door a pickup gets. One pure function, the same at order time, at load time and in the bench.

Smallest-fitting is optimal among the rules that never move goods (`docs/allocation.md` will carry the study).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bopis.lockers.fit import SIZES

_RANK = {size: rank for rank, size in enumerate(SIZES)}


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
