"""Which size of door a pickup needs: the merchant's item table, else the weight, else M.

Sizes are ordered S < M < L < XL. Several lines need at least the largest single need; more than four pieces go one
size up, because they will not lie flat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bopis.ports import Line

SIZES = ("S", "M", "L", "XL")
TOO_BIG = "none"
"""In the item table: goes into no door."""
_HEAVIEST_GRAMS = {"S": 2_000, "M": 8_000, "L": 15_000, "XL": 25_000}
_PIECES_THAT_LIE_FLAT = 4


def size_for(lines: Sequence[Line], item_sizes: Mapping[str, str]) -> str | None:
    """The smallest size that should do, or None when no door will (then it goes to the counter).

    `item_sizes` maps a SKU to a size or to TOO_BIG. Weights are grams of one piece.
    """
    needs = [_line_size(line, item_sizes) for line in lines]
    if any(need is None for need in needs):
        return None
    rank = max((SIZES.index(need) for need in needs if need), default=SIZES.index("M"))
    if sum(line.quantity for line in lines) > _PIECES_THAT_LIE_FLAT:
        rank = min(rank + 1, len(SIZES) - 1)
    by_weight = _weight_size(sum((line.weight_grams or 0) * line.quantity for line in lines))
    return None if by_weight is None else SIZES[max(rank, SIZES.index(by_weight))]


def _line_size(line: Line, item_sizes: Mapping[str, str]) -> str | None:
    if line.sku in item_sizes:
        known = item_sizes[line.sku]
        return None if known == TOO_BIG else known
    if line.weight_grams is not None:
        return _weight_size(line.weight_grams * line.quantity)
    return "M"


def _weight_size(grams: int) -> str | None:
    return next((size for size in SIZES if grams <= _HEAVIEST_GRAMS[size]), None)
