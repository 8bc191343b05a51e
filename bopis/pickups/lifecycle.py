"""The life of a pickup, as data. An illegal move raises and changes nothing.

waiting    accepted, no place yet
reserved   every placement names a place, provisionally
ready      all placements loaded; the shopper is told
expired    hold time over, the goods still ours
cancelled  called off; goods may still be inside
collected  handed over
returned   goods confirmed back with the store
"""

from __future__ import annotations

TRANSITIONS: dict[str, frozenset[str]] = {
    "waiting": frozenset({"reserved", "ready", "cancelled"}),
    "reserved": frozenset({"ready", "waiting", "cancelled"}),
    "ready": frozenset({"collected", "expired", "cancelled", "ready", "waiting"}),
    "expired": frozenset({"ready", "collected", "cancelled", "returned"}),
    "cancelled": frozenset({"returned", "collected"}),
    "collected": frozenset({"returned"}),
    "returned": frozenset({"collected"}),
}
STATES = tuple(TRANSITIONS)
HOLDS_A_PLACE = frozenset({"reserved", "ready", "expired"})
OVER = frozenset({"collected", "returned"})


class IllegalMove(Exception):
    """A pickup may not go from the one state to the other."""

    def __init__(self, current: str, to: str) -> None:
        super().__init__(f"{current} → {to}")
        self.current = current
        self.to = to


def check_move(current: str, to: str) -> None:
    """Raise IllegalMove unless the table allows it."""
    if to not in TRANSITIONS[current]:
        raise IllegalMove(current, to)
