"""Goods on their way: whatever people and doors do in whatever order, nothing is lost and no door given twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import event, select, update

from bopis import clock, timeline
from bopis.bridges.models import DoorCommand
from bopis.errors import Conflict
from bopis.ids import new_id
from bopis.lockers.models import Bank, Compartment
from bopis.lockers.queries import seal_bank_key
from bopis.messages import AT_COUNTER, IN_LOCKER, TellShopper
from bopis.pickups import carried, carrying, emptying, holding, lapsing, loading, whereabouts
from bopis.pickups.carry import LAPSE, Carry
from bopis.pickups.deciding import decide_for
from bopis.pickups.models import Grant, Pickup, Placement
from bopis.stores.queries import lock
from tests.bopis.web.full_bank import full, in_hand, stale
from tests.invariants import Tables, of_database
from tests.world import World


class Chance:
    """People at a full bank who do what comes to their mind, and doors that do what they are asked, or not."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.orders: list[str] = []
        self.open: list[DoorCommand] = []

    def does_something(self) -> str:
        deeds: list[Callable[[], object]] = [
            *[self.carries] * 5,
            *[self.shuts] * 7,
            self.orders_one,
            self.stops,
            self.puts_back,
            self.sets_aside,
            self.takes_out,
            self.to_counter,
            self.collects,
            self.is_on_the_way,
            self.calls_off,
            self.time_passes,
        ]
        deed = self.random.choice(deeds)
        try:
            deed()
        except (Conflict, IndexError) as refused:
            return f"{deed.__name__}: {refused}"
        return deed.__name__

    def any_order(self) -> str:
        return self.random.choice(self.orders)

    def asks(self, act: Callable[..., DoorCommand | None]) -> None:
        command = self.world.staff(self.any_order(), act)
        if command is not None and all(command.id != each.id for each in self.open):
            self.open.append(command)

    def orders_one(self) -> None:
        number = str(2000 + len(self.orders))
        pickup = in_hand(self.world, number, self.random.choice(("S", "M", "L")))
        self.orders.append(pickup)

    def carries(self) -> None:
        self.asks(carrying.carry_on)

    def puts_back(self) -> None:
        self.asks(carrying.put_back)

    def takes_out(self) -> None:
        self.asks(emptying.take_out)

    def to_counter(self) -> None:
        self.asks(carrying.to_counter)

    def stops(self) -> None:
        self.world.staff(self.any_order(), carrying.stop)

    def sets_aside(self) -> None:
        self.world.staff(self.any_order(), loading.set_aside)

    def shuts(self) -> None:
        command = self.random.choice(self.open)
        self.open.remove(command)
        if self.random.random() < 0.1:
            self.world.settle(command, "expired")
            return
        done = self.random.random() < 0.8
        load = command.details["cause"] == "load"
        self.world.door(command, item="present" if load == done else "absent")

    def collects(self) -> None:
        pickup = self.any_order()
        with self.world.database.reading() as session:
            found = session.get_one(Pickup, pickup)
            places = found.found_at()
            if found.state != "ready" or places[0].compartment is None:
                return
            told = {"door": places[0].compartment.number, "cause": "grant", "placement": places[0].id, "command": None}
        self.world.device(("door_opened", told), ("door_shut", {**told, "item": "absent"}))

    def is_on_the_way(self) -> None:
        with self.world.database.transaction() as session:
            holding.on_my_way(session, self.world.pickup(session, self.any_order()), clock.now())

    def calls_off(self) -> None:
        pickup = self.any_order()
        with self.world.database.reading() as session:
            name = session.get_one(Pickup, pickup).order.platform_order_id
        at = clock.now() + dt.timedelta(seconds=len(self.orders))
        self.world.news(self.world.snapshot(name, cancelled_at=clock.now(), updated_at=at))

    def time_passes(self) -> None:
        with self.world.database.transaction() as session:
            lock(session, self.world.store_id)
            session.execute(update(Carry).where(Carry.closed_at.is_(None)).values(changed_at=clock.now() - LAPSE))
            for place in session.scalars(select(Placement).where(Placement.loaded_at.is_not(None))):
                place.loaded_at = place.created_at - dt.timedelta(hours=30)
            lapsing.lapse(session, session.get_one(Bank, self.world.bank_id), clock.now())

    def wrong(self) -> list[str]:
        """What must never be."""
        found = []
        with self.world.database.engine.connect() as connection:
            found += of_database(Tables(connection))
        with self.world.database.reading() as session:
            for pickup in session.scalars(select(Pickup)):
                lying = [place for place in pickup.wanted_placements() if place.state == "loaded"]
                if pickup.state == "ready" and not lying:
                    found.append(f"{pickup.order.name} is ready and lies nowhere")
                if pickup.state == "ready" and len({place.compartment_id is None for place in lying}) > 1:
                    found.append(f"{pickup.order.name} lies at the counter and in a door")
            for step in session.scalars(select(Carry).where(Carry.stage == "out", Carry.closed_at.is_(None))):
                if step.pickup.state == "ready" and not step.pickup.is_at_counter():
                    found.append(f"{step.pickup.order.name} is in somebody's hands and elsewhere")
        return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_and_doors_do_nothing_is_lost_and_no_door_is_given_twice(world: World, seed: int) -> None:
    chance = Chance(world, seed)
    chance.orders += full(world, small_in_large=bool(seed % 2)).values()
    done = []
    for _ in range(60):
        done.append(chance.does_something())
        assert chance.wrong() == [], "\n".join(done)


def test_a_decision_reads_every_door_with_one_statement(world: World) -> None:
    full(world)
    new = in_hand(world, "1010", "M")
    sent: list[str] = []
    engine = world.database.engine

    def note(*said: object) -> None:
        sent.append(str(said[2]))

    with world.database.reading() as session:
        pickup = session.get_one(Pickup, new)
        event.listen(engine, "before_cursor_execute", note)
        decide_for(session, pickup, clock.now())
        event.remove(engine, "before_cursor_execute", note)
    assert len(sent) == 1


def second_bank(world: World, size: str) -> str:
    """Another bank of the store, of one door."""
    with world.database.transaction() as session:
        first = session.get_one(Bank, world.bank_id)
        bank = Bank(
            id=new_id(),
            merchant_id=first.merchant_id,
            store_id=first.store_id,
            name="Car park",
            board=first.board,
            key_sealed=b"",
            created_at=clock.now(),
        )
        bank.key_sealed = seal_bank_key(bank.id, b"k" * 32)
        session.add(bank)
        session.flush()
        box = session.scalars(select(Compartment).where(Compartment.bank_id == first.id)).first()
        assert box is not None
        said = {c.key: getattr(box, c.key) for c in Compartment.__table__.columns}
        session.add(Compartment(**{**said, "id": new_id(), "bank_id": bank.id, "number": 7, "size": size}))
        return bank.id


def grant(world: World, pickup: str) -> Grant:
    with world.database.reading() as session:
        return session.scalars(select(Grant).where(Grant.pickup_id == pickup, Grant.state != "closed")).one()


def test_an_order_whose_shopper_has_no_code_yet_gets_one_of_the_bank_it_goes_into(world: World) -> None:
    full(world)
    new = world.order("1010")
    assert grant(world, new).bank_id == world.bank_id
    other = second_bank(world, "M")
    with world.database.transaction() as session:
        pickup = world.pickup(session, new)
        ada = world.ada(session)
        ada.bank_id = other
        with pytest.raises(Conflict) as refused:
            loading.open_to_load(session, pickup, ada, clock.now())
        assert refused.value.code == "no_bridge"  # the door was chosen there, and its code with it
        assert pickup.live_placements()[-1].compartment.number == 7  # type: ignore[union-attr]
    assert grant(world, new).bank_id == other


def test_what_waits_at_the_counter_comes_in_only_where_its_code_opens_doors(world: World) -> None:
    full(world)
    waiting = in_hand(world, "1010", "M")
    world.staff(waiting, loading.set_aside)
    second_bank(world, "M")
    with pytest.raises(Conflict, match="No door is free"):
        world.staff(waiting, carrying.carry_on)


def told(world: World, pickup: str, place: str) -> None:
    with world.database.transaction() as session:
        world.pickup(session, pickup)
        timeline.write(session, pickup, "shopper_told", actor="system", at=clock.now(), place=place)


def known(world: World, pickup: str, template: str) -> bool:
    with world.database.reading() as session:
        found = session.get_one(Pickup, pickup)
        return whereabouts.is_known(session, found, TellShopper(pickup, template))


def test_a_shopper_is_told_of_a_place_only_if_the_last_message_said_another(world: World) -> None:
    pickup = world.ready("1")
    told(world, pickup, "locker")
    assert known(world, pickup, AT_COUNTER), "it is not there"
    assert known(world, pickup, IN_LOCKER), "that was said"
    assert not known(world, pickup, "ready")
    command = world.staff(pickup, carrying.to_counter)
    assert command is not None
    world.door(command, item="absent")
    assert not known(world, pickup, AT_COUNTER)
    told(world, pickup, "counter")
    assert known(world, pickup, AT_COUNTER)


def test_taken_out_for_another_reason_it_is_not_carried(world: World) -> None:
    taken = full(world, small_in_large=True)
    new = in_hand(world, "1010", "L")
    asked = world.staff(new, carrying.carry_on)
    assert asked is not None
    world.settle(asked, "refused", "busy")
    command = world.staff(taken[5], emptying.take_out)
    assert command is not None and command.id != asked.id
    world.door(command, item="absent")
    assert world.state(taken[5]) == "reserved"


def test_given_up_while_its_door_was_opening_it_is_at_the_counter_if_it_was_taken_out(world: World) -> None:
    taken = full(world, small_in_large=True)
    new = in_hand(world, "1010", "L")
    command = world.staff(new, carrying.carry_on)
    assert command is not None
    world.staff(new, carrying.stop)
    world.door(command, item="absent")
    assert (world.state(taken[5]), world.placements(taken[5])[-1]) == ("ready", (None, "loaded"))


def test_a_plan_is_over_when_its_order_goes_to_the_counter(world: World) -> None:
    stale(world, full(world)[3])
    new = in_hand(world, "1010", "M")
    command = world.staff(new, carrying.carry_on)
    assert command is not None
    world.settle(command, "refused", "busy")
    world.staff(new, loading.set_aside)
    with world.database.reading() as session:
        assert session.scalars(select(Carry).where(Carry.closed_at.is_(None))).all() == []


def test_lapsed_twice_is_lapsed_once(world: World) -> None:
    small = full(world, small_in_large=True)[5]
    command = world.staff(in_hand(world, "1010", "L"), carrying.carry_on)
    assert command is not None
    world.door(command, item="absent")
    with world.database.transaction() as session:
        lock(session, world.store_id)
        session.execute(update(Carry).values(changed_at=clock.now() - LAPSE))
        for _ in range(2):
            carried.lapse(session, world.store_id, clock.now())
        moves = [entry.what for entry in timeline.entries(session, small) if entry.what == "moved_to_counter"]
    assert moves == ["moved_to_counter"]
