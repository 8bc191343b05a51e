"""Wires that cannot be trusted, sensors that cannot be believed, and banks that are wired anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bopis.bridges.queries import layout
from bopis.lockers.models import Bank, Compartment
from bopis.pickups import loading
from bopis.pickups.models import Placement
from bopis.pickups.work import work_list
from bopis.tasks import Task
from tests.world import SIZES, World

NOBODY = {"attempt": None, "grant": None, "placement": None, "command": None}


def mismatch(door: int, moved: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "wiring_mismatch", {"door": door, "moved": moved, "cause": "assist", "pulses": 1, **NOBODY, **more}


def tasks(world: World) -> dict[str, str]:
    """What people are asked for, by kind."""
    with world.database.reading() as session:
        return {task.kind: task.reason for task in session.scalars(select(Task).where(Task.settled_at.is_(None)))}


def box(world: World, number: int) -> Compartment:
    with world.database.reading() as session:
        found = session.scalars(
            select(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number == number)
        ).one()
        session.expunge(found)
        return found


def placement(world: World, pickup: str) -> str:
    with world.database.reading() as session:
        return session.scalars(select(Placement.id).where(Placement.pickup_id == pickup)).first() or ""


def found(*numbers: int, shifted: int = 0) -> dict[str, Any]:
    """A commissioning that found these doors, on other channels than before with `shifted`."""
    doors = [
        {
            "number": number,
            "board": 0,
            "channel": number - 1 + shifted,
            "size": SIZES[(number - 1) % 6],
            "row": number - 1,
            "column": 0,
            "height": 1,
            "accessible": False,
        }
        for number in numbers
    ]
    return {"board": "kerong-cu16", "board_options": {}, "by": "Kim", "doors": doors, "goods": []}


def test_a_wrong_door_shuts_the_bank_and_says_whose_goods_lie_open(world: World) -> None:
    one, other = world.ready("1"), world.ready("2")
    doors = dict(world.placements(one)), dict(world.placements(other))
    meant, moved = next(iter(doors[0])), next(iter(doors[1]))
    world.device(mismatch(meant, moved, cause="grant", placement=placement(world, one)))
    asked = tasks(world)
    assert f"Door {meant} was to open, and door {moved} opened" in asked["wiring_mismatch"]
    assert f"Door {moved} with #2 opened by mistake" in asked["goods_exposed"]
    assert f"Door {moved} opened for the shopper of #1 instead" in asked["shopper_needs_help"]
    assert world.placements(one) == [(meant, "loaded")]
    assert world.placements(other) == [(moved, "loaded")]
    assert not box(world, meant).in_service
    assert not box(world, moved).in_service


def test_whoever_was_promised_a_door_there_and_whoever_comes_next_goes_to_the_counter(world: World) -> None:
    promised = world.order("1")
    world.device(mismatch(5, 6))
    assert world.placements(promised)[-1] == (None, "held")
    assert world.placements(world.order("2")) == [(None, "held")]


def test_loading_that_moved_the_wrong_door_gives_its_place_up_untouched(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    place = command.details["placement"]
    world.device(mismatch(command.details["door"], 6, cause="load", placement=place))
    assert world.placements(pickup)[0] == (command.details["door"], "released")
    assert world.placements(pickup)[-1] == (None, "held")


def test_commissioning_anew_ends_it_rewires_the_doors_and_settles_what_it_proved(world: World) -> None:
    world.device(mismatch(3, 4), ("commissioned", found(1, 2, 3, 4, 5, 6, 7, shifted=1)))
    assert tasks(world) == {}
    assert box(world, 3).in_service
    assert box(world, 3).channel == 3
    assert box(world, 7).size == "S"
    with world.database.reading() as session:
        assert session.get_one(Bank, world.bank_id).quarantined_at is None
        assert [door["number"] for door in layout(session, world.bank_id)["doors"]] == [1, 2, 3, 4, 5, 6, 7]


def test_how_cold_a_door_is_said_to_be_at_commissioning_counts_and_comes_back_to_its_bridge(world: World) -> None:
    told = found(1, 2)
    told["doors"][0]["cold"], told["doors"][1]["cold"] = "frozen", ""

    world.device(("commissioned", told))

    assert (box(world, 1).cold, box(world, 2).cold) == ("frozen", "")
    with world.database.reading() as session:
        assert [door["cold"] for door in layout(session, world.bank_id)["doors"]] == ["frozen", ""]


def test_a_door_that_was_not_found_and_holds_goods_is_kept_with_them(world: World) -> None:
    pickup = world.ready("1")
    number = world.placements(pickup)[0][0]
    world.device(("commissioned", found(*(n for n in range(1, 7) if n != number))))
    assert world.placements(pickup) == [(number, "loaded")]
    assert f"Door {number} with #1 was not found" in tasks(world)["door_failed"]
    assert (box(world, number).in_service, box(world, number).board_address) == (False, None)
    with world.database.reading() as session:
        assert number not in [door["number"] for door in layout(session, world.bank_id)["doors"]]


def test_whoever_was_promised_a_door_that_is_gone_gets_another(world: World) -> None:
    pickup = world.order("1")
    number = world.placements(pickup)[0][0]
    world.device(("commissioned", found(*(n for n in range(1, 7) if n != number))))
    last, state = world.placements(pickup)[-1]
    assert state == "held"
    assert last not in (number, None)


def test_odd_doors_change_nothing_and_are_shown_to_a_person(world: World) -> None:
    before = box(world, 1).channel
    odd = found(1, 2, shifted=3)
    odd["doors"][1]["size"] = "huge"
    world.device(("commissioned", odd))
    assert box(world, 1).channel == before
    assert list(tasks(world)) == ["odd_event"]


def test_an_admins_word_puts_the_two_doors_back(world: World) -> None:
    world.device(mismatch(3, 4), ("quarantine_ended", {"by": world.mo_id, "reason": "plugs put right"}))
    assert tasks(world) == {}
    assert box(world, 3).in_service
    assert world.placements(world.order("1"))[0][0] is not None


def test_a_door_put_out_of_service_by_a_person_stays_so_through_a_commissioning(world: World) -> None:
    with world.database.transaction() as session:
        bent = session.get_one(Compartment, box(world, 2).id)
        bent.in_service, bent.out_of_service_reason = False, "the hinge is bent"
    world.device(("commissioned", found(1, 2, 3, 4, 5, 6)))
    assert box(world, 2).out_of_service_reason == "the hinge is bent"


def test_a_sensor_nobody_believes_keeps_its_door_from_new_goods_until_it_moves(world: World) -> None:
    world.device(("sensor_suspect", {"door": 1, "reading": "open", "openings": 0}))
    assert "The sensor of door 1 says “open”" in tasks(world)["sensor_suspect"]
    assert world.placements(world.order("1"))[0][0] == 2
    world.device(("sensor_sound", {"door": 1}))
    assert tasks(world) == {}
    assert box(world, 1).in_service


def test_a_door_with_something_inside_is_not_free_whoever_left_it_there(world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(Compartment, box(world, 1).id).item = "present"
    assert world.placements(world.order("1"))[0][0] == 2
    with world.database.reading() as session:
        assert 1 in work_list(session, world.bank_id)["taken"]


def test_a_hook_left_open_hands_nothing_over_and_its_shutting_does(world: World) -> None:
    pickup = world.ready("1")
    number, place = world.placements(pickup)[0][0], placement(world, pickup)
    told = {"door": number, **NOBODY, "cause": "grant", "placement": place}
    world.device(("door_opened", {**told, "pulses": 1, "sensor": "hook"}))
    world.device(("door_left_open", {**told, "seconds": 180, "sensor": "hook"}))
    assert world.state(pickup) == "ready"
    assert tasks(world)["door_left_open"] == f"Door {number} is unlocked, and nobody knows whether it moved."
    world.device(("door_shut", {**told, "item": "absent", "sensor": "hook"}))
    assert world.state(pickup) == "collected"
    assert tasks(world) == {}


def test_a_board_that_would_not_pulse_leaves_its_door_in_service(world: World) -> None:
    pickup = world.ready("1")
    number = world.placements(pickup)[0][0]
    told = {"door": number, **NOBODY, "cause": "grant", "placement": placement(world, pickup), "pulses": 6}
    world.device(("door_failed", {**told, "reason": "rejected"}))
    assert box(world, number).in_service
    assert list(tasks(world)) == ["shopper_needs_help"]


def test_a_bank_closed_for_service_is_somebodys_task_until_it_opens_again(world: World) -> None:
    begun = {"step": "begun", "by": "Kim", "staff": None, "goods": []}
    world.device(("commissioning", begun))
    assert tasks(world)["closed_for_service"].startswith("Kim is setting up the doors")
    world.device(("commissioning", {**begun, "step": "goods_may_move"}))
    assert "closed_for_service" in tasks(world)
    world.device(("commissioning", {**begun, "step": "left"}))
    assert "closed_for_service" not in tasks(world)
    world.device(("commissioning", begun), ("commissioned", found(*range(1, 25))))
    assert "closed_for_service" not in tasks(world)
