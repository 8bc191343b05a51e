from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from bopis.lockers.models import Compartment
from bopis.pickups.models import Pickup, Placement
from bopis.ports import Line
from bopis.tasks import Task
from tests.world import STATION, World


def test_a_paid_order_is_promised_the_smallest_door_that_fits(world: World) -> None:
    pickup = world.order("1")
    assert world.state(pickup) == "reserved"
    assert world.placements(pickup) == [(1, "held")]


def test_an_unpaid_order_waits_and_is_reserved_once_paid(world: World) -> None:
    pickup = world.order("1", paid=False)
    assert world.state(pickup) == "waiting"
    assert world.placements(pickup) == []
    world.order("1")
    assert world.state(pickup) == "reserved"


def test_the_same_news_twice_changes_nothing(world: World) -> None:
    news = world.snapshot("1")
    world.news(news)
    world.news(news)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Pickup)) == 1
        assert session.scalar(select(func.count()).select_from(Placement)) == 1


def test_what_fits_no_door_goes_to_the_counter_with_its_reason(world: World) -> None:
    pickup = world.order("1", units=(world.snapshot(lines=[Line("l", "Anvil", 1, "", 60_000)]).units))
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup).reason == "too_big"
    assert world.placements(pickup) == [(None, "held")]


def test_a_store_without_lockers_hands_over_at_the_counter(world: World) -> None:
    pickup = world.order("1", units=world.snapshot("1", location=STATION).units)
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup).reason == "no_lockers"
    assert world.placements(pickup) == [(None, "held")]


def test_when_every_door_is_promised_the_next_order_goes_to_the_counter(world: World) -> None:
    for number in range(6):
        world.order(str(number))
    pickup = world.order("late")
    assert world.placements(pickup) == [(None, "held")]


def test_an_unmapped_location_asks_a_person_and_heals_when_it_is_mapped(world: World) -> None:
    pickup = world.order("1", units=world.snapshot("1", location="404").units)
    assert world.state(pickup) == "waiting"
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind)).all() == ["map_location"]
    world.order("1")
    assert world.state(pickup) == "reserved"
    with world.database.reading() as session:
        assert session.scalars(select(Task).where(Task.settled_at.is_(None))).all() == []


def test_of_32_orders_for_the_last_door_exactly_one_gets_it(world: World) -> None:
    with world.database.transaction() as session:
        for compartment in session.scalars(select(Compartment).where(Compartment.bank_id == world.bank_id)):
            compartment.in_service = compartment.number == 1
    start = threading.Barrier(32)

    def place(number: int) -> None:
        snapshot = world.snapshot(str(number))
        start.wait()
        world.news(snapshot)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(place, range(32)))
    with world.database.reading() as session:
        places = session.scalars(select(Placement)).all()
        assert [place.compartment_id is not None for place in places].count(True) == 1
        assert len(places) == 32
        assert set(session.scalars(select(Pickup.state))) == {"reserved"}
