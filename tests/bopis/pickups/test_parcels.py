"""An order that fits no single door is spread over several, all of them or none, behind one code."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from bopis.errors import Conflict
from bopis.lockers.fit import Item
from bopis.lockers.items import take_over
from bopis.lockers.models import Compartment
from bopis.pickups import loading, parcelling
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Line
from bopis.tasks import Task
from tests.world import World

BOXES = [Line("l", "Box", 2, "BOX")]
TALL = [Line("l", "Rug", 1, "RUG", 14_000)]


@pytest.fixture(autouse=True)
def items(world: World) -> None:
    """A box fills an L, and two of them fit into no one door."""
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {"BOX": Item(sides=(350, 350, 450)), "RUG": Item(size="L")})


def reason(world: World, pickup_id: str) -> str:
    with world.database.reading() as session:
        return session.get_one(Pickup, pickup_id).reason


def doors(world: World, pickup_id: str) -> list[tuple[int | None, str]]:
    """Its placements, by parcel and then as they were made."""
    with world.database.reading() as session:
        found = sorted(
            session.get_one(Pickup, pickup_id).placements, key=lambda place: (place.created_at, place.parcel)
        )
        return [(place.compartment.number if place.compartment else None, place.state) for place in found]


def features(world: World, number: int, **values: object) -> None:
    with world.database.transaction() as session:
        box = (Compartment.bank_id == world.bank_id, Compartment.number == number)
        session.execute(update(Compartment).where(*box).values(**values))


def load_next(world: World, pickup_id: str) -> int:
    command = world.staff(pickup_id, loading.open_to_load)
    assert command is not None
    world.door(command)
    number: int = command.details["door"]
    return number


def open_tasks(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(Task.kind).where(Task.settled_at.is_(None))))


def test_each_parcel_is_promised_a_door_and_loaded_in_turn_and_then_it_is_ready(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    assert (doors(world, pickup), reason(world, pickup)) == ([(5, "held"), (6, "held")], "in_parcels")

    assert load_next(world, pickup) == 5
    assert world.state(pickup) == "reserved"
    assert load_next(world, pickup) == 6
    assert (world.state(pickup), doors(world, pickup)) == ("ready", [(5, "loaded"), (6, "loaded")])
    with world.database.reading() as session:
        assert len(session.scalars(select(Grant).where(Grant.pickup_id == pickup)).all()) == 1


def test_without_a_door_for_each_it_goes_to_the_counter_whole(world: World) -> None:
    world.ready("0", lines=TALL)

    pickup = world.order("1", lines=BOXES)

    assert (doors(world, pickup), reason(world, pickup)) == ([(None, "held")], "not_all_fit")
    with pytest.raises(Conflict, match="not_all_fit"):
        world.staff(pickup, loading.open_to_load)
    world.staff(pickup, loading.set_aside)
    assert world.state(pickup) == "ready"


def test_in_hand_it_takes_doors_that_others_were_only_promised_all_or_none(world: World) -> None:
    others = [world.order(str(number), lines=TALL) for number in range(2)]
    pickup = world.order("9", lines=BOXES)
    assert doors(world, pickup) == [(None, "held")]

    assert (load_next(world, pickup), load_next(world, pickup)) == (5, 6)

    assert world.state(pickup) == "ready"
    assert [doors(world, other)[-1] for other in others] == [(None, "held")] * 2


def test_a_parcels_door_is_nobody_elses_once_another_is_loaded(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    load_next(world, pickup)

    other = world.order("2", lines=TALL)

    with pytest.raises(Conflict, match="nothing_free"):
        world.staff(other, loading.open_to_load)
    assert load_next(world, pickup) == 6


def test_one_that_is_only_promised_its_doors_loses_them_all(world: World) -> None:
    pickup, other = world.order("1", lines=BOXES), world.order("2", lines=TALL)

    assert load_next(world, other) == 5

    assert doors(world, pickup)[-1] == (None, "held")
    assert reason(world, pickup) == "not_all_fit"


def test_a_parcel_that_is_too_small_for_its_door_gets_a_larger_and_the_other_keeps_its_own(world: World) -> None:
    features(world, 4, size="L")
    pickup = world.order("1", lines=BOXES)
    assert doors(world, pickup) == [(4, "held"), (5, "held")]
    first = world.staff(pickup, loading.open_to_load)
    assert first is not None

    larger = world.staff(pickup, loading.too_small)

    assert larger is not None and larger.details["door"] == 6
    world.door(larger)
    assert world.state(pickup) == "reserved"
    assert load_next(world, pickup) == 5
    assert world.state(pickup) == "ready"


def test_when_all_of_it_goes_into_the_first_door_the_others_are_free_again(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    with pytest.raises(Conflict, match="not_loading"):
        world.staff(pickup, parcelling.all_in)
    load_next(world, pickup)

    world.staff(pickup, parcelling.all_in)

    assert (world.state(pickup), doors(world, pickup)) == ("ready", [(5, "loaded"), (6, "released")])


def test_a_parcel_whose_door_does_not_open_gets_another_or_is_never_called_ready(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    load_next(world, pickup)
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    told = {"door": 6, "cause": "load", "placement": command.details["placement"], "pulses": 3}
    world.device(("door_failed", told))

    assert world.state(pickup) == "reserved"
    with pytest.raises(Conflict, match="nothing_free"):
        world.staff(pickup, loading.open_to_load)
    features(world, 4, size="L")
    assert load_next(world, pickup) == 4
    assert world.state(pickup) == "ready"


def test_parcels_at_the_kiosk_are_loaded_one_after_another(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    with world.database.reading() as session:
        places = [place.id for place in session.get_one(Pickup, pickup).wanted_placements()]
    for place, door in zip(places, (5, 6), strict=True):
        assert world.state(pickup) == "reserved"
        told = {"placement": place, "pickup": pickup, "door": door, "cause": "load", "staff": world.ada_id}
        world.device(("door_opened", told), ("door_shut", {**told, "item": "present"}))

    assert world.state(pickup) == "ready"


def test_at_the_kiosk_too_everything_may_be_in_with_doors_to_spare(world: World) -> None:
    pickup = world.order("1", lines=BOXES)
    with world.database.reading() as session:
        first = session.get_one(Pickup, pickup).wanted_placements()[0].id
    told = {"placement": first, "pickup": pickup, "door": 5, "cause": "load", "staff": world.ada_id}
    world.device(("door_opened", told), ("door_shut", {**told, "item": "present"}))

    for _ in range(2):  # said twice, it is so once
        world.device(("all_in", {"pickup": pickup, "staff": world.ada_id}))

    assert (world.state(pickup), doors(world, pickup)) == ("ready", [(5, "loaded"), (6, "released")])
    assert open_tasks(world) == set()


def test_everything_said_to_be_in_before_anything_is_becomes_a_task(world: World) -> None:
    pickup = world.order("1", lines=BOXES)

    world.device(("all_in", {"pickup": pickup, "staff": world.ada_id}))

    assert (world.state(pickup), doors(world, pickup)) == ("reserved", [(5, "held"), (6, "held")])
    assert open_tasks(world) == {"odd_event"}


def test_a_door_chosen_at_the_kiosk_instead_of_the_first_leaves_the_second_promised(world: World) -> None:
    features(world, 4, size="L")
    pickup = world.order("1", lines=BOXES)
    told = {"placement": "made-there", "pickup": pickup, "door": 6, "cause": "load", "staff": world.ada_id}

    world.device(("door_opened", told), ("door_shut", {**told, "item": "present"}))

    assert world.state(pickup) == "reserved"
    assert sorted(doors(world, pickup), key=str) == [(4, "released"), (5, "held"), (6, "loaded")]
    assert load_next(world, pickup) == 5
    assert world.state(pickup) == "ready"


def test_goods_of_different_cold_lie_behind_doors_of_their_own(world: World) -> None:
    with world.database.transaction() as session:
        table = {name: Item(size="S", needs=frozenset({name.lower()})) for name in ("CHILLED", "FROZEN")}
        take_over(session, world.merchant_id, table)
    features(world, 2, cold="frozen")
    features(world, 3, cold="chilled")

    pickup = world.order("1", lines=[Line("a", "Milk", 1, "CHILLED"), Line("b", "Ice", 1, "FROZEN")])

    assert sorted(doors(world, pickup), key=str) == [(2, "held"), (3, "held")]
    with world.database.reading() as session:
        found = session.get_one(Pickup, pickup)
        told = {place.compartment.number: place.parcel for place in found.live_placements() if place.compartment}
        assert {found.parcels[told[2] - 1]["needs"], found.parcels[told[3] - 1]["needs"]} == {"frozen", "chilled"}
        assert found.parcels[told[2] - 1]["needs"] == "frozen"


def test_an_edit_that_makes_it_fit_one_door_gives_the_other_back(world: World) -> None:
    pickup = world.order("1", lines=BOXES)

    world.news(world.snapshot("1", lines=[Line("l", "Box", 1, "BOX")]))

    assert [place for place in doors(world, pickup) if place[1] == "held"] == [(5, "held")]
