"""What a pickup's lines come to: the door they need, or several, and what else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bopis.lockers.fit import Item, Parcel, need_of, parcels
from bopis.ports import Line


class Measured(NamedTuple):
    """As a pickup keeps it: its fields are columns of `pickups`."""

    size: str
    needs: str
    parcels: list[dict[str, Any]]


def measured(lines: Sequence[Line], items: Mapping[str, Item]) -> Measured:
    """The size, the needs and the parcels of these lines; an empty size fits no single door, and then without parcels
    it fits none at all."""
    need = need_of(lines, items)
    split = parcels(lines, items) if need.size is None else None
    return Measured(need.size or "", _words(need.needs), [_written(each) for each in split or ()])


def _written(parcel: Parcel) -> dict[str, Any]:
    return {"size": parcel.size, "needs": _words(parcel.needs), "holds": [list(each) for each in parcel.holds]}


def _words(needs: frozenset[str]) -> str:
    return " ".join(sorted(needs))
