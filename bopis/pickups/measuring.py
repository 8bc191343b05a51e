"""What a pickup's lines come to: the door they need, and what else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bopis.lockers.fit import Item, need_of
from bopis.ports import Line


class Measured(NamedTuple):
    """As a pickup keeps it: its fields are columns of `pickups`."""

    size: str
    needs: str


def measured(lines: Sequence[Line], items: Mapping[str, Item]) -> Measured:
    """The size and the needs of these lines; an empty size fits no single door."""
    need = need_of(lines, items)
    return Measured(need.size or "", " ".join(sorted(need.needs)))
