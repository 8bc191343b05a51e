"""What staff loaded at the kiosk while the line was down, and what had been decided here meanwhile."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from bopis import clock
from bopis.outbox import OutboxEntry
from bopis.staff.actions import is_locked
from bopis.staff.models import StaffMember
from bopis.tasks import Task
from tests.world import World


def loaded(world: World, pickup: str, door: int, placement: str | None = None, item: str = "present") -> str:
    """The bridge tells of a door opened and shut at the kiosk; returns the placement."""
    placement = placement or str(uuid.uuid4())
    told: dict[str, Any] = {"door": door, "cause": "load", "placement": placement, "pickup": pickup}
    told |= {"staff": world.ada_id, "attempt": None, "grant": None}
    world.device(("door_opened", {**told, "command": None, "pulses": 1}), ("door_shut", {**told, "item": item}))
    return placement


def tasks(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(Task.kind).where(Task.settled_at.is_(None))))


def texts(world: World) -> int:
    with world.database.reading() as session:
        return len(list(session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper"))))


def promised(world: World, pickup: str) -> str:
    with world.database.reading() as session:
        return world.pickup(session, pickup).wanted_placements()[0].id


def test_a_door_nobody_named_holds_it_and_its_shopper_is_told_once(world: World) -> None:
    pickup = world.order("1")
    loaded(world, pickup, 5)
    assert world.state(pickup) == "ready"
    assert (5, "loaded") in world.placements(pickup)
    assert (texts(world), tasks(world)) == (1, set())


def test_who_was_only_promised_that_door_gets_another(world: World) -> None:
    first, second = world.order("1"), world.order("2")
    door = world.placements(second)[0][0]
    assert door is not None
    loaded(world, first, door)
    assert (world.state(first), world.state(second)) == ("ready", "reserved")
    assert world.placements(second)[-1][0] != door


def test_called_off_meanwhile_it_must_come_out_and_nobody_is_told(world: World) -> None:
    pickup = world.order("1")
    place, door = promised(world, pickup), world.placements(pickup)[0][0]
    world.news(world.snapshot("1", cancelled_at=clock.now()))
    assert door is not None
    loaded(world, pickup, door, place)
    assert world.state(pickup) == "cancelled"
    assert world.placements(pickup) == [(door, "loaded")]
    assert (texts(world), tasks(world)) == (0, {"reclaim"})


def test_loaded_elsewhere_meanwhile_it_lies_in_two_doors_and_somebody_looks(world: World) -> None:
    pickup = world.ready("1")
    loaded(world, pickup, 6)
    assert world.state(pickup) == "ready"
    assert [state for _, state in world.placements(pickup)] == ["loaded", "loaded"]
    assert (texts(world), tasks(world)) == (1, {"odd_event"})


def test_goods_of_another_behind_that_door_are_for_a_person(world: World) -> None:
    there = world.ready("1")
    door = world.placements(there)[0][0]
    pickup = world.order("2")
    assert door is not None
    loaded(world, pickup, door)
    assert world.placements(there) == [(door, "loaded")]
    assert world.state(pickup) == "reserved"
    assert tasks(world) == {"odd_event"}


def test_a_door_shut_empty_leaves_it_to_be_loaded(world: World) -> None:
    pickup = world.order("1")
    loaded(world, pickup, 5, item="absent")
    assert world.state(pickup) == "reserved"
    assert texts(world) == 0


def test_ten_wrong_pins_at_a_kiosk_lock_the_badge_everywhere(world: World) -> None:
    world.device(("staff_locked", {"staff": world.ada_id}))
    with world.database.reading() as session:
        assert is_locked(session.get_one(StaffMember, world.ada_id))


def test_given_up_there_with_no_larger_door_it_is_for_the_counter_until_one_opens_after_all(world: World) -> None:
    pickup = world.order("1")
    placement, told = promised(world, pickup), {"pickup": pickup, "door": 1, "staff": world.ada_id}
    world.device(("door_opened", {**told, "placement": placement, "cause": "load"}))

    world.device(("place_given_up", {**told, "placement": placement, "state": "shut", "item": "absent"}))

    assert world.placements(pickup) == [(1, "released"), (None, "held")]
    with world.database.reading() as session:
        given_up = world.pickup(session, pickup)
        assert (given_up.state, given_up.size, given_up.reason) == ("reserved", "M", "nothing_free")
    loaded(world, pickup, 3)
    assert world.state(pickup) == "ready"
    assert [place for place in world.placements(pickup) if place[1] != "released"] == [(3, "loaded")]
