"""A full bank: orders of the sizes a test needs, in the doors it names, loaded as long ago as it says."""

from __future__ import annotations

import datetime as dt

from bopis import clock
from bopis.pickups import actions
from tests.world import SIZES, World


def in_hand(world: World, order: str, size: str) -> str:
    """A new order of this size in somebody's hands, promised a door or the counter as things stood when it came."""
    pickup = world.order(order)
    with world.database.transaction() as session:
        found = world.pickup(session, pickup)
        found.size = size
        actions.give_up_place(session, found, clock.now(), reason="edited", actor="platform")
    return pickup


def lies(world: World, order: str, needs: str, door: int, hours: float) -> str:
    """An order that needs a door of size `needs`, and lies in this one, perhaps a larger one, since so many hours."""
    pickup = in_hand(world, order, SIZES[door - 1])
    assert world.load(pickup) == door
    with world.database.transaction() as session:
        (place,) = world.pickup(session, pickup).live_placements()
        place.loaded_at = clock.now() - dt.timedelta(hours=hours)
        place.pickup.size = needs
    return pickup


def full(world: World, small_in_large: bool = False) -> dict[int, str]:
    """All six doors (S S M M L XL) taken for 20 hours by #101 to #106, door by door; if asked, door 2 is free and
    a small order lies in the large door 5."""
    doors = [door for door in range(1, 7) if door != 2 or not small_in_large]
    needs = {5: "S"} if small_in_large else {}
    return {door: lies(world, f"10{door}", needs.get(door, SIZES[door - 1]), door, hours=20) for door in doors}


def stale(world: World, pickup: str, hours: float = 30) -> None:
    with world.database.transaction() as session:
        for place in world.pickup(session, pickup).live_placements():
            place.loaded_at = clock.now() - dt.timedelta(hours=hours)
