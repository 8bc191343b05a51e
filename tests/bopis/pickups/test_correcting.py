"""What was booked as back with the store, and its shopper has it: a manager says so, and why."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bopis import clock, timeline
from bopis.errors import Conflict, Invalid
from bopis.outbox import OutboxEntry
from bopis.pickups import actions, correcting, emptying, expiring
from bopis.tasks import Task
from tests.world import World


def returned(world: World, order: str = "1", *, called_off: bool = False) -> str:
    """A pickup whose goods are booked as back with the store."""
    pickup = world.ready(order)
    with world.database.transaction() as session:
        found = world.pickup(session, pickup)
        if called_off:
            actions.cancel(session, found, clock.now(), actor="platform", reason="cancelled_on_platform")
            found.order.cancelled_at = clock.now()
        else:
            expiring.expire(session, found, clock.now())
    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="absent")
    assert world.state(pickup) == "returned"
    return pickup


def correct(world: World, pickup: str, because: str) -> None:
    with world.database.transaction() as session:
        found = world.pickup(session, pickup)
        correcting.collected_after_all(session, found, because, clock.now(), actor=f"staff:{world.mo_id}")


def tasks_of(world: World, pickup: str) -> list[str]:
    with world.database.reading() as session:
        open_ones = Task.settled_at.is_(None)
        return sorted(session.scalars(select(Task.kind).where(Task.subject_id == pickup, open_ones)))


def asked_of_the_shop(world: World) -> list[str]:
    with world.database.reading() as session:
        kinds = session.scalars(select(OutboxEntry.kind).order_by(OutboxEntry.id))
        return [kind for kind in kinds if kind in ("MarkCollected", "MarkReturned")]


def test_it_is_collected_and_the_story_says_why_and_by_whom(world: World) -> None:
    pickup = returned(world)
    correct(world, pickup, "  Handed over at the door,\n not booked ")
    assert world.state(pickup) == "collected"
    with world.database.reading() as session:
        told = timeline.entries(session, pickup)
        assert timeline.first_break(told) is None
    (entry,) = (each for each in told if each.what == "collected")
    assert (entry.actor, entry.detail["was"]) == (f"staff:{world.mo_id}", "returned")
    assert entry.detail["because"] == "Handed over at the door, not booked"


def test_the_shop_hears_it_and_a_person_looks_after_money_and_stock(world: World) -> None:
    pickup = returned(world)
    assert tasks_of(world, pickup) == ["uncollected"]
    correct(world, pickup, "Seen on the camera")
    assert tasks_of(world, pickup) == ["goods_gone"]
    assert asked_of_the_shop(world) == ["MarkReturned", "MarkCollected"]


def test_of_an_order_that_was_called_off_the_shop_hears_nothing(world: World) -> None:
    pickup = returned(world, called_off=True)
    correct(world, pickup, "Seen on the camera")
    assert (asked_of_the_shop(world), tasks_of(world, pickup)) == ([], ["goods_gone"])


def test_without_a_reason_nothing_is_corrected(world: World) -> None:
    pickup = returned(world)
    with pytest.raises(Invalid):
        correct(world, pickup, " \n ")
    assert world.state(pickup) == "returned"


def test_only_what_is_booked_as_back_is_corrected(world: World) -> None:
    pickup = world.ready()
    with pytest.raises(Conflict):
        correct(world, pickup, "Seen on the camera")
    other = returned(world, "2")
    correct(world, other, "Seen on the camera")
    with pytest.raises(Conflict):
        correct(world, other, "Once more")
