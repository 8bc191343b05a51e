"""What a pickup's lines come to: the door they need, or several, and what else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bopis.lockers.experience import Known
from bopis.lockers.fit import Item, Parcel, need_of, parcels, weight_band
from bopis.ports import Line


class Measured(NamedTuple):
    """As a pickup keeps it: its fields are columns of `pickups`."""

    size: str
    needs: str
    parcels: list[dict[str, Any]]
    teaches: dict[str, Any]


def measured(lines: Sequence[Line], known: Known) -> Measured:
    """The size, the needs and the parcels of these lines; an empty size fits no single door, and then without parcels
    it fits none at all."""
    need = need_of(lines, known.items, known.learned)
    split = parcels(lines, known.items, known.learned) if need.size is None else None
    teaches = _teaches(lines, known.items, need.size) if need.size else {}
    return Measured(need.size or "", _words(need.needs), [_written(each) for each in split or ()], teaches)


def _teaches(lines: Sequence[Line], items: Mapping[str, Item], size: str) -> dict[str, Any]:
    """What its door will tell of: one piece, with nothing beside it, whose size the merchant has not said."""
    if sum(line.quantity for line in lines) != 1:
        return {}
    line = next(line for line in lines if line.quantity)
    item = items.get(line.sku, Item()) if line.sku else Item()
    if item.size:
        return {}
    about: dict[str, Any] = {"sku": line.sku, "size": size}
    if not item.sides and not line.sides_mm and not item.confirmed:
        grams = line.weight_grams if line.weight_grams is not None else item.grams
        about |= {"category": item.category, "band": weight_band(grams)}
    return about


def _written(parcel: Parcel) -> dict[str, Any]:
    return {"size": parcel.size, "needs": _words(parcel.needs), "holds": [list(each) for each in parcel.holds]}


def _words(needs: frozenset[str]) -> str:
    return " ".join(sorted(needs))
