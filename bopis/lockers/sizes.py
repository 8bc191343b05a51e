"""The sizes of doors, S < M < L < XL, and what is usual of each."""

from __future__ import annotations

from typing import NamedTuple

from bopis.lockers.packing import Sides

SIZES = ("S", "M", "L", "XL")
TOO_BIG = "none"
"""In the item table: goes into no door."""


class DoorKind(NamedTuple):
    """A size of door: inner height, width and depth in millimetres, and how many grams its shelf bears."""

    size: str
    inner_mm: Sides
    grams: int


USUAL_DOORS = (
    DoorKind("S", (120, 400, 500), 2_000),
    DoorKind("M", (250, 400, 500), 8_000),
    DoorKind("L", (400, 400, 500), 15_000),
    DoorKind("XL", (640, 400, 500), 25_000),
)
