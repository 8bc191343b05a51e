"""A full bank: orders of the sizes a test needs, in the doors it names, loaded as long ago as it says."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from bopis import clock
from bopis.lockers.models import Compartment
from bopis.pickups import actions
from tests.world import World


def in_hand(world: World, order: str, size: str) -> str:
    """A new order of this size in somebody's hands."""
    pickup = world.order(order)
    with world.database.transaction() as session:
        found = world.pickup(session, pickup)
        found.size = size
        actions.put_back(session, found, clock.now(), reason="edited", actor="platform")
    return pickup


def lies(world: World, order: str, needs: str, door: int, hours: float) -> str:
    """An order that needs a door of this size, and lies in this one since so many hours."""
    pickup = world.ready(order)
    with world.database.transaction() as session:
        (place,) = world.pickup(session, pickup).live_placements()
        box = session.scalars(
            select(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number == door)
        ).one()
        place.compartment_id = box.id
        place.loaded_at = clock.now() - dt.timedelta(hours=hours)
        place.pickup.size = needs
    return pickup


def full(world: World, small_in_large: bool = False) -> dict[int, str]:
    """All six doors (S S M M L XL) taken, door 6 the freshest; a small one lies in the large door if asked, and then
    door 2 is free."""
    taken = {}
    for door, needs in ((5, "S" if small_in_large else "L"), (6, "XL"), (4, "M"), (3, "M"), (2, "S"), (1, "S")):
        if door != 2 or not small_in_large:
            taken[door] = lies(world, f"10{door}", needs, door, hours=20)
    return taken


def stale(world: World, pickup: str, hours: float = 30) -> None:
    with world.database.transaction() as session:
        for place in world.pickup(session, pickup).live_placements():
            place.loaded_at = clock.now() - dt.timedelta(hours=hours)
