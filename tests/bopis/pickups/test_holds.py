"""What time does to goods that wait: reminders, more time, the end of a hold, and what becomes of the goods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from bopis import clock, tasks, timeline
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.errors import Conflict
from bopis.lockers.models import Bank, Compartment
from bopis.merchants.models import Merchant
from bopis.outbox import OutboxEntry
from bopis.pickups import emptying, grants, holding, loading, reclaiming
from bopis.pickups.models import Grant, Pickup
from bopis.staff.models import StaffSession
from bopis.stores.models import Store
from bopis.sweeps import sweep
from bopis.tasks import Task
from tests.world import World

MONDAY_10 = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)  # 10:00 in the store
HOURS = "Mon-Sat 09:00-18:00\n2026-11-26 closed"


class Time:
    """The service's clock: a Monday morning, until moved."""

    def __init__(self, world: World) -> None:
        self.now, self.world = MONDAY_10, world

    def passes(self, *, heard: bool = True, **by: float) -> None:
        """Time passes, with a sweep at its end; the bridge is heard from meanwhile, or not."""
        self.now += dt.timedelta(**by)
        if heard:
            with self.world.database.transaction() as session:
                session.execute(update(Bridge).values(seen_at=self.now))
                session.execute(update(StaffSession).values(present_until=self.now + dt.timedelta(minutes=5)))
        sweep(self.world.database, self.now)


@pytest.fixture
def time(world: World, monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time(world)
    monkeypatch.setattr(clock, "now", lambda: moved.now)
    moved.passes()
    return moved


@pytest.fixture
def change(world: World) -> Callable[..., None]:
    """Give the merchant rules of its own."""

    def give(**rules: object) -> None:
        with world.database.transaction() as session:
            session.get_one(Merchant, world.merchant_id).holding = rules

    return give


def asked(world: World) -> list[tuple[str, int]]:
    """Template and version of each text the shopper was to get, in order."""
    with world.database.reading() as session:
        told = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper").order_by(OutboxEntry.id))
        return [(entry.fields["template"], entry.fields["version"]) for entry in told]


def open_tasks(world: World) -> list[str]:
    """Without what the audit finds: these doors are moved by events alone."""
    with world.database.reading() as session:
        found = session.scalars(select(Task.kind).where(Task.settled_at.is_(None), Task.kind != "door_disagrees"))
        return sorted(found)


def story(world: World, pickup_id: str) -> list[str]:
    with world.database.reading() as session:
        told = timeline.entries(session, pickup_id)
        assert timeline.first_break(told) is None
        return [entry.what for entry in told]


def hold_until(world: World, pickup_id: str) -> dt.datetime:
    with world.database.reading() as session:
        found = session.get_one(Pickup, pickup_id).hold_until
        assert found is not None
        return found


def extend(world: World, pickup_id: str, shown: dt.datetime | None = None) -> dt.datetime:
    with world.database.transaction() as session:
        return holding.extend(session, world.pickup(session, pickup_id), shown, clock.now())


def late(world: World, pickup_id: str) -> None:
    with world.database.transaction() as session:
        by = session.scalars(select(StaffSession)).first()
        assert by is not None
        reclaiming.hand_over_late(session, world.pickup(session, pickup_id), by, clock.now())


def look_inside(world: World, pickup_id: str, door: int, item: str = "absent") -> None:
    command = world.staff(pickup_id, lambda *given: emptying.look_inside(*given, door))
    assert command is not None
    world.door(command, item=item)
    sensor(world, door, item=item, door="shut")


def test_a_shopper_is_reminded_three_times_and_then_the_hold_ends(world: World, time: Time) -> None:
    pickup = world.ready()
    for _ in range(80):
        time.passes(hours=1)
    reminders = [("reminder_4h", 1), ("reminder_24h", 1), ("last_chance", 1)]
    assert asked(world) == [("ready", 1), *reminders, ("hold_over", 1)]
    assert (world.state(pickup), open_tasks(world)) == ("expired", ["reclaim"])


def test_taking_the_steps_again_and_again_repeats_nothing(world: World, time: Time) -> None:
    pickup = world.ready()
    for _ in range(4):
        time.passes(hours=1, minutes=1)
    before = (asked(world), story(world, pickup))
    for _ in range(5):
        time.passes()
    assert (asked(world), story(world, pickup)) == before


def test_nobody_is_reminded_of_what_is_collected(world: World, time: Time) -> None:
    pickup = world.order()
    world.staff(pickup, loading.set_aside)
    world.staff(pickup, loading.hand_over)
    time.passes(hours=30)
    assert asked(world) == [("ready", 1)]


def test_after_an_outage_a_shopper_hears_once_how_it_stands(world: World, time: Time) -> None:
    world.ready()
    time.passes(hours=27)
    time.passes(minutes=5)
    assert asked(world) == [("ready", 1), ("reminder_24h", 1)]


def test_nobody_is_woken_by_what_was_put_off(world: World, time: Time) -> None:
    world.ready()
    time.passes(hours=13)  # 23:00 in the store
    assert asked(world) == [("ready", 1)]
    time.passes(hours=9)
    assert asked(world) == [("ready", 1), ("reminder_4h", 1)]


def test_whoever_is_on_the_way_is_not_reminded_of_it(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(hours=3)
    with world.database.transaction() as session:
        found = world.pickup(session, pickup)
        holding.on_my_way(session, found, clock.now())
        holding.on_my_way(session, found, clock.now())
        assert holding.is_pinned(found, clock.now())
    time.passes(hours=1, minutes=1)
    assert asked(world) == [("ready", 1)]
    assert story(world, pickup).count("on_my_way") == 1
    time.passes(hours=1)
    assert asked(world) == [("ready", 1), ("reminder_4h", 1)]


def test_a_clock_that_leaps_ahead_and_back_says_nothing_twice(world: World, time: Time) -> None:
    world.ready()
    time.passes(hours=25)
    time.passes(hours=-25)
    for _ in range(30):
        time.passes(hours=1)
    assert asked(world) == [("ready", 1), ("reminder_24h", 1)]


def test_a_shopper_may_have_a_day_more_once_and_the_code_opens_as_long(world: World, time: Time) -> None:
    pickup = world.ready()
    first = hold_until(world, pickup)
    assert extend(world, pickup) == first + dt.timedelta(hours=24)
    with world.database.reading() as session:
        assert session.scalars(select(Grant.valid_until)).one() == first + dt.timedelta(hours=24)
    with pytest.raises(Conflict):
        extend(world, pickup)
    assert story(world, pickup).count("extended") == 1


def test_who_taps_twice_asks_once(world: World, time: Time, change: Callable[..., None]) -> None:
    change(extend_times=5)
    pickup = world.ready()
    shown = hold_until(world, pickup)
    assert extend(world, pickup, shown) == extend(world, pickup, shown)
    assert story(world, pickup).count("extended") == 1


def test_of_the_new_end_the_last_chance_is_said_once_more(world: World, time: Time) -> None:
    pickup = world.ready()
    for _ in range(62):
        time.passes(hours=1)
    assert asked(world)[-1] == ("last_chance", 1)
    extend(world, pickup)
    for _ in range(40):
        time.passes(hours=1)
    assert asked(world)[-3:] == [("last_chance", 1), ("last_chance", 2), ("hold_over", 2)]
    assert world.state(pickup) == "expired"


def test_what_is_over_is_not_lengthened_by_its_shopper(world: World, time: Time) -> None:
    pickup = world.ready()
    time.now = hold_until(world, pickup)
    with pytest.raises(Conflict):
        extend(world, pickup)


@pytest.mark.parametrize(("hours", "ends"), [(72, "2026-12-03 10:00"), (9, "2026-11-24 10:00")])
def test_indoors_opening_hours_count_and_a_holiday_does_not(world: World, time: Time, hours: int, ends: str) -> None:
    with world.database.transaction() as session:
        session.get_one(Bank, world.bank_id).indoors = True
        session.get_one(Store, world.store_id).opening = HOURS
        session.get_one(Store, world.store_id).hold_hours = hours
    until = hold_until(world, world.ready())
    assert f"{until - dt.timedelta(hours=5):%Y-%m-%d %H:%M}" == ends


def test_what_waits_at_the_counter_waits_for_opening_hours_and_expires_without_a_bridge(
    world: World, time: Time
) -> None:
    with world.database.transaction() as session:
        session.get_one(Store, world.store_id).opening = HOURS
        session.get_one(Store, world.store_id).hold_hours = 9
    pickup = world.order()
    world.staff(pickup, loading.set_aside)
    time.passes(heard=False, hours=24, minutes=11)
    assert (world.state(pickup), open_tasks(world)) == ("expired", ["reclaim"])


def test_lockers_that_are_not_heard_from_expire_nothing_and_the_story_says_why(world: World, time: Time) -> None:
    pickup = world.ready()
    for _ in range(20):
        time.passes(heard=False, hours=5)
    assert (world.state(pickup), story(world, pickup)[-1]) == ("ready", "expiry_waits")
    assert story(world, pickup).count("expiry_waits") == 1
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup).kept_because == "bank_silent"
    time.passes(minutes=6)
    assert world.state(pickup) == "expired"


def test_a_bridge_that_still_tells_of_the_past_is_waited_for(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(heard=False, hours=80)
    with world.database.transaction() as session:
        bridge = session.get_one(Bridge, world.bridge_id)
        bridge.seen_at = time.now
        last = session.scalars(select(DeviceEvent).where(DeviceEvent.seq == bridge.last_seq)).one()
        last.recorded_at = time.now
    time.passes(minutes=6, heard=False)
    assert world.state(pickup) == "ready"
    time.passes(minutes=6)
    assert world.state(pickup) == "expired"


def test_a_door_that_stands_open_is_being_emptied(world: World, time: Time) -> None:
    pickup = world.ready()
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.number == 1).values(door="open"))
    time.passes(hours=73)
    assert world.state(pickup) == "ready"
    with world.database.transaction() as session:
        session.execute(update(Compartment).values(door="shut"))
    time.passes(minutes=6)
    assert world.state(pickup) == "expired"


def test_an_expired_code_is_over_at_its_bridge_and_its_door_stays_taken(world: World, time: Time) -> None:
    pickup = world.ready()
    with world.database.reading() as session:
        version = session.get_one(Bank, world.bank_id).sync_version
    time.passes(hours=73)
    with world.database.reading() as session:
        grant = session.scalars(select(Grant)).one()
        assert (grant.state, grants.code_of(grant)) == ("closed", None)
        assert session.get_one(Bank, world.bank_id).sync_version >= version
    assert world.placements(pickup) == [(1, "loaded")]


def test_what_comes_out_is_told_to_the_shop_and_a_person_sees_to_the_money(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(hours=73)
    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="absent")
    assert (world.state(pickup), open_tasks(world)) == ("returned", ["uncollected"])
    with world.database.reading() as session:
        assert session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "MarkReturned")).one().state == "waiting"


def test_a_merchant_may_keep_the_stock_to_itself(world: World, time: Time, change: Callable[..., None]) -> None:
    change(restock=False)
    pickup = world.ready()
    time.passes(hours=73)
    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="absent")
    with world.database.reading() as session:
        assert session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "MarkReturned")).first() is None


def test_a_sensor_that_still_sees_something_frees_nothing(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(hours=73)
    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="present")
    assert (world.state(pickup), world.placements(pickup)) == ("expired", [(1, "loaded")])


def test_a_late_shopper_gets_the_goods_from_staff(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(hours=73)
    with pytest.raises(Conflict, match="Open door 1"):
        late(world, pickup)
    look_inside(world, pickup, 1, item="present")
    with pytest.raises(Conflict, match="still sees"):
        late(world, pickup)
    look_inside(world, pickup, 1)
    late(world, pickup)
    assert (world.state(pickup), world.placements(pickup)) == ("collected", [(1, "released")])
    assert open_tasks(world) == []


def test_staff_keep_what_is_over_and_its_shopper_gets_a_new_code(world: World, time: Time) -> None:
    pickup = world.ready()
    time.passes(hours=73)
    with world.database.transaction() as session:
        reclaiming.keep_longer(session, world.pickup(session, pickup), 48, clock.now(), actor="staff:mo")
    assert (world.state(pickup), open_tasks(world)) == ("ready", [])
    assert hold_until(world, pickup) == time.now + dt.timedelta(hours=48)
    assert asked(world)[-1][0] == "kept_longer"
    with world.database.reading() as session:
        grant = grants.open_grant(session, pickup)
        assert grant is not None and grant.state == "active"
    time.passes(hours=49)
    assert world.state(pickup) == "expired"


def test_a_promise_that_nobody_keeps_lapses_and_the_door_is_free(world: World, time: Time) -> None:
    pickup = world.order()
    time.passes(hours=47)
    assert world.state(pickup) == "reserved"
    time.passes(hours=1, minutes=20)
    assert (world.state(pickup), world.placements(pickup)) == ("waiting", [(1, "released")])
    assert open_tasks(world) == ["not_loaded"]
    world.load(pickup)
    time.passes(minutes=20)
    assert (world.state(pickup), open_tasks(world)) == ("ready", [])


def test_a_door_that_was_opened_to_load_never_lapses(world: World, time: Time) -> None:
    pickup = world.order()
    world.staff(pickup, loading.open_to_load)
    time.passes(hours=100)
    assert (world.state(pickup), world.placements(pickup)) == ("reserved", [(1, "held")])


def wrong(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(
            session.scalars(select(Task.reason).where(Task.kind == "door_disagrees", Task.settled_at.is_(None)))
        )


def sensor(world: World, number: int, **seen: str) -> None:
    with world.database.transaction() as session:
        here = (Compartment.number == number, Compartment.bank_id == world.bank_id)
        session.execute(update(Compartment).where(*here).values(**seen))


def test_doors_that_disagree_are_asked_about_every_morning_until_they_agree(world: World, time: Time) -> None:
    world.ready()
    sensor(world, 1, item="absent")
    sensor(world, 3, item="present")
    sensor(world, 4, door="open")
    assert wrong(world) == []
    time.passes(hours=20)
    assert sorted(reason.partition(": ")[2] for reason in wrong(world)) == [
        "Door 1 sees nothing inside, and #1 should be there.",
        "Door 3 sees something inside, and nothing should be there.",
        "Door 4 stands open.",
    ]
    sensor(world, 3, item="absent")
    with world.database.transaction() as session:
        tasks.settle(
            session,
            "door_disagrees",
            session.scalars(
                select(Compartment.id).where(Compartment.number == 4, Compartment.bank_id == world.bank_id)
            ).one(),
            actor="x",
            now=time.now,
        )
    time.passes(hours=24)
    assert sorted(reason.partition(": ")[2][:6] for reason in wrong(world)) == ["Door 1", "Door 4"]


def test_a_bank_in_order_asks_for_nothing(world: World, time: Time) -> None:
    world.ready()
    sensor(world, 1, item="present")
    time.passes(hours=30)
    assert wrong(world) == []
