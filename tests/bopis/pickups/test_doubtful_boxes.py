"""Boxes of which it is not plain what is in them: a second one that failed, one given up too late, one nobody saw."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from bopis.bridges.models import DoorCommand
from bopis.lockers.models import Compartment
from bopis.pickups import loading
from bopis.pickups.models import Grant, Pickup
from bopis.tasks import Task
from tests.world import World


def told(command: DoorCommand | None, **more: Any) -> dict[str, Any]:
    """What every event about the opening of a command says."""
    assert command is not None
    return {
        "door": command.details["door"],
        "cause": command.details["cause"],
        "placement": command.details["placement"],
        "command": command.id,
        "attempt": None,
        "grant": None,
        **more,
    }


def open_tasks(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Task.kind).where(Task.settled_at.is_(None)).order_by(Task.kind)))


def test_a_loaded_box_keeps_its_goods_when_a_second_one_fails_and_a_third_is_asked_for(world: World) -> None:
    pickup = world.order("1")
    first = world.staff(pickup, loading.open_to_load)
    second = world.staff(pickup, loading.another_box)
    world.device(("door_opened", told(first)), ("door_shut", told(first, item="present")))
    world.settle(first)  # type: ignore[arg-type]
    world.device(("door_failed", told(second, pulses=3)))
    world.settle(second, "failed", "door_did_not_open")  # type: ignore[arg-type]
    third = world.staff(pickup, loading.open_to_load)
    assert third is not None
    assert world.placements(pickup) == [(1, "loaded"), (2, "released"), (3, "held")]
    world.door(third)
    assert world.state(pickup) == "ready"
    assert world.placements(pickup) == [(1, "loaded"), (2, "released"), (3, "loaded")]


def test_a_box_given_up_is_kept_while_its_sensor_sees_something_behind_its_shut_door(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    with world.database.transaction() as session:  # the sensors are told ahead of the event
        session.execute(
            update(Compartment)
            .where(Compartment.bank_id == world.bank_id, Compartment.number == 1)
            .values(door="shut", item="present")
        )
    world.settle(command)  # type: ignore[arg-type]
    world.staff(pickup, loading.too_small)
    assert world.placements(pickup) == [(1, "held"), (3, "held")]
    assert open_tasks(world) == ["left_uncertain"]


def test_an_opening_for_a_shopper_that_nobody_saw_is_looked_at_by_a_person(world: World) -> None:
    pickup = world.ready("1")
    with world.database.reading() as session:
        place = session.get_one(Pickup, pickup).live_placements()[0]
        grant = session.scalars(select(Grant.id).where(Grant.pickup_id == pickup)).one()
    world.device(
        (
            "door_unknown",
            {
                "door": 1,
                "cause": "grant",
                "placement": place.id,
                "grant": grant,
                "attempt": "a",
                "command": None,
                "pulses": 1,
                "reading": "shut",
            },
        )
    )
    assert world.state(pickup) == "ready"
    assert open_tasks(world) == ["shopper_needs_help"]


def test_a_sensor_that_fell_silent_is_no_matter_of_a_pickup(world: World) -> None:
    world.ready("1")
    world.device(("door_unknown", {"door": 1}))
    assert open_tasks(world) == []
