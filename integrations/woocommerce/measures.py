"""Weights and lengths as a shop writes them, made grams and millimetres. No I/O."""

from __future__ import annotations

from typing import NamedTuple

_GRAMS = {"g": 1.0, "kg": 1000.0, "oz": 28.349523125, "lbs": 453.59237}
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "yd": 914.4}
_MOST = 1_000_000


class Measures(NamedTuple):
    """Numbers in the shop's units, as texts; empty where nobody typed any in."""

    weight: str
    sides: tuple[str, str, str]
    """Length, width, height."""
    weight_unit: str
    length_unit: str

    def grams(self) -> int | None:
        """None where it is not known, which is written as nothing or as zero."""
        return _whole(self.weight, _GRAMS.get(self.weight_unit))

    def sides_mm(self) -> tuple[int, int, int] | None:
        """Height, width, depth; None unless all three are known."""
        length, width, height = (_whole(side, _MILLIMETRES.get(self.length_unit)) for side in self.sides)
        return (height, width, length) if length and width and height else None


def _whole(text: str, factor: float | None) -> int | None:
    try:
        number = float(text) * factor if factor else 0.0
    except ValueError:
        return None
    return round(number) or None if 0 < number < _MOST else None
