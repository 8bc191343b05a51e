"""Room made in a full bank: the one that waited longest goes to the counter, and its shopper is told once."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from bopis import clock, timeline
from bopis.errors import Conflict
from bopis.messages import AT_COUNTER
from bopis.outbox import OutboxEntry
from bopis.pickups import emptying, holding, loading, moves
from bopis.pickups.models import Grant, Pickup, Placement
from tests.world import World


def full(world: World) -> list[str]:
    """Six orders, one in each door; all were loaded 30 hours ago, each a minute after the one before."""
    pickups = [world.ready(str(number)) for number in range(1, 7)]
    with world.database.transaction() as session:
        for number, placement in enumerate(session.scalars(select(Placement).order_by(Placement.created_at))):
            placement.loaded_at = clock.now() - dt.timedelta(hours=30, minutes=-number)
    return pickups


def room(world: World, pickup_id: str) -> moves.Room | None:
    with world.database.transaction() as session:
        return moves.room_for(session, world.pickup(session, pickup_id), clock.now())


def told(world: World, pickup_id: str) -> list[str]:
    with world.database.reading() as session:
        entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.created_at, OutboxEntry.id))
        fields = [entry.fields for entry in entries if entry.kind == "TellShopper"]
        return [field["template"] for field in fields if field["pickup_id"] == pickup_id]


def carried(world: World, pickup_id: str, item: str = "absent") -> None:
    command = world.staff(pickup_id, moves.to_counter)
    assert command is not None
    world.door(command, item=item)


def test_the_order_that_waited_longest_makes_room_and_stays_its_shoppers(world: World) -> None:
    first, *_ = full(world)
    new = world.order("7")
    found = room(world, new)
    assert found is not None and (found.pickup_id, found.door, found.order) == (first, 1, "#1")

    with world.database.reading() as session:
        before = session.get_one(Pickup, first)
        until, ready_at = before.hold_until, before.ready_at
    carried(world, first)

    assert world.state(first) == "ready"
    assert world.placements(first) == [(1, "released"), (None, "loaded")]
    assert told(world, first) == ["ready", AT_COUNTER]
    with world.database.reading() as session:
        after = session.get_one(Pickup, first)
        assert (after.hold_until, after.ready_at) == (until, ready_at)
        assert session.scalars(select(Grant.state).where(Grant.pickup_id == first)).one() == "active"
        assert timeline.entries(session, first)[-1].what == "moved_to_counter"

    assert room(world, new) is None
    command = world.staff(new, loading.open_to_load)
    assert command is not None and command.details["door"] == 1
    assert room(world, new) is None


def test_nobody_makes_room_where_a_door_is_free_or_before_a_day_is_over(world: World) -> None:
    world.ready("1")
    assert room(world, world.order("2")) is None


def test_nobody_makes_room_in_their_first_day(world: World) -> None:
    for number in range(1, 7):
        world.ready(str(number))
    assert room(world, world.order("7")) is None


def test_a_shopper_on_the_way_finds_the_order_where_it_was(world: World) -> None:
    first, second, *_ = full(world)
    with world.database.transaction() as session:
        holding.on_my_way(session, world.pickup(session, first), clock.now())

    found = room(world, world.order("7"))
    assert found is not None and found.pickup_id == second
    with pytest.raises(Conflict, match="on the way"):
        world.staff(first, moves.to_counter)


def test_goods_that_were_left_in_the_door_stay_in_the_locker(world: World) -> None:
    first, *_ = full(world)
    carried(world, first, item="present")

    assert world.placements(first) == [(1, "loaded")]
    assert world.state(first) == "ready" and told(world, first) == ["ready"]


def test_what_was_called_off_on_the_way_goes_back_to_the_store(world: World) -> None:
    first, *_ = full(world)
    command = world.staff(first, moves.to_counter)
    assert command is not None
    world.news(world.snapshot("1", cancelled_at=clock.now(), updated_at=clock.now() + dt.timedelta(seconds=1)))
    assert world.state(first) == "cancelled"
    world.door(command, item="absent")

    assert world.state(first) == "returned" and told(world, first) == ["ready"]


def test_taken_out_for_another_reason_it_waits_to_be_loaded_again(world: World) -> None:
    first, *_ = full(world)
    command = world.staff(first, emptying.take_out)
    assert command is not None
    world.door(command, item="absent")

    assert world.state(first) == "reserved" and AT_COUNTER not in told(world, first)


def test_what_is_at_the_counter_cannot_be_carried_there(world: World) -> None:
    pickup = world.order("1")
    world.staff(pickup, loading.set_aside)
    with pytest.raises(Conflict, match="does not wait in one locker"):
        world.staff(pickup, moves.to_counter)
