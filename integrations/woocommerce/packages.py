"""Which lines of an order go into which package. A shop says so only in words, and never of what was refunded."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

PICKUP = ("local_pickup", "pickup_location")
"""The method of a package that a shopper picks up: of the classic checkout, of the checkout block."""
_PIECES = r" × ([0-9]{1,6}(?:\.[0-9]{1,4})?)(?:, |$)"


def is_pickup(package: Mapping[str, Any]) -> bool:
    """Whether the shopper fetches this package (a shipping line) at one of the merchant's own places."""
    return package["method_id"] in PICKUP


def pieces_left(order: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Pieces of each line that were not refunded, by the line's id.

    A refund repeats the line with a negative quantity and names it in hidden meta data; where a plugin took that away
    the product decides.
    """
    left = {line["id"]: line["quantity"] for line in order["lines"]}
    for refund in refunds:
        for back in refund["lines"]:
            line_id = _refunded_line(order, back)
            if line_id in left:
                left[line_id] = max(left[line_id] - abs(back["quantity"]), 0)
    return left


def packed(order: Mapping[str, Any], left: Mapping[str, int]) -> list[dict[str, int]]:
    """For each package of the order in turn, the pieces of each line in it, those with none left out.

    What no package names, such as a line added later, is in the first that is picked up: who misses it there can say
    so, and what lies in a box nobody asked for is found.
    """
    packages = order["shipping_lines"]
    if not packages:
        return []
    names = {_plain(line["name"]) for line in order["lines"]}
    said = [_contents(package, names) if len(packages) > 1 else Counter() for package in packages]
    rest = next((n for n, package in enumerate(packages) if is_pickup(package)), 0)
    found: list[dict[str, int]] = [{} for _ in packages]
    for line in order["lines"]:
        shares = _shares(line, said, rest)
        for number, pieces in _capped(shares, left.get(line["id"], 0)):
            found[number][line["id"]] = pieces
    return found


def _shares(line: Mapping[str, Any], said: Sequence[Counter[str]], rest: int) -> dict[int, int]:
    """The package's number → pieces of this line in it."""
    name, open_pieces = _plain(line["name"]), line["quantity"]
    shares: dict[int, int] = {}
    for number, contents in enumerate(said):
        pieces = min(contents[name], open_pieces)
        contents[name] -= pieces
        open_pieces -= pieces
        shares[number] = pieces
    shares[rest] += open_pieces
    return shares


def _capped(shares: Mapping[int, int], left: int) -> Iterable[tuple[int, int]]:
    for number, pieces in shares.items():
        kept = min(pieces, left)
        left -= kept
        if kept > 0:
            yield number, kept


def _contents(package: Mapping[str, Any], names: Iterable[str]) -> Counter[str]:
    """What a package holds as its meta data tells a reader: `Mug × 1, Lamp, brass × 2`.

    The entry's key is in the shop's language ("Items", "Artículos"), so every entry is tried, and one counts that
    consists of the order's own names alone, however many commas they hold.
    """
    longest_first = sorted((name for name in names if name), key=len, reverse=True)
    patterns = [(name, re.compile(re.escape(name) + _PIECES)) for name in longest_first]
    for entry in package["meta_data"]:
        found = _read(_plain(entry["value"]), patterns) if isinstance(entry["value"], str) else None
        if found:
            return found
    return Counter()


def _read(text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> Counter[str] | None:
    found: Counter[str] = Counter()
    at = 0
    while at < len(text):
        for name, pattern in patterns:
            if match := pattern.match(text, at):
                found[name] += math.ceil(float(match[1]))
                at = match.end()
                break
        else:
            return None
    return found


def _refunded_line(order: Mapping[str, Any], back: Mapping[str, Any]) -> str:
    for entry in back["meta_data"]:
        if entry["key"] == "_refunded_item_id":
            return str(entry["value"])
    what = (back["product_id"], back["variation_id"])
    return next((line["id"] for line in order["lines"] if (line["product_id"], line["variation_id"]) == what), "")


def _plain(text: str | None) -> str:
    return " ".join(html.unescape(text or "").split())
