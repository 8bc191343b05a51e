"""The events there are, as data: what stands on the timeline → what outsiders call it, and in a few words why."""

from __future__ import annotations

TEST = "endpoint.test"
EVENTS: dict[str, str] = {
    "pickup.waiting": "Accepted, without a place so far",
    "pickup.reserved": "A place is promised; the goods may be loaded",
    "pickup.ready": "The goods wait for the shopper",
    "pickup.moved": "The goods lie elsewhere now; the code stays the same",
    "pickup.extended": "The goods are held longer",
    "pickup.collected": "Handed over",
    "pickup.expired": "Nobody came in time; the goods are still there",
    "pickup.cancelled": "Called off; goods may still be inside",
    "pickup.returned": "The goods are confirmed back with the store",
    "door.opened": "A door of this pickup was opened",
}
_TOLD = {
    **{state: f"pickup.{state}" for state in ("waiting", "reserved", "ready", "collected")},
    **{state: f"pickup.{state}" for state in ("expired", "cancelled", "returned", "extended")},
    "moved_to_counter": "pickup.moved",
    "moved_to_locker": "pickup.moved",
}
_DOOR = "door_opened_"


def event_of(what: str) -> str | None:
    """The event that a timeline entry is, or None for what stays between us."""
    return "door.opened" if what.startswith(_DOOR) else _TOLD.get(what)


def cause_of(what: str) -> str | None:
    """Why a door was opened (`grant` by the shopper's code, `load`, `unload`, `reclaim`, `unasked`...), if one was."""
    return what.removeprefix(_DOOR) if what.startswith(_DOOR) else None
