"""That a hold has ended is told once for each end: not in the night, not to whom it does not concern any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select

from bopis import clock
from bopis.merchants.models import Merchant
from bopis.outbox import OutboxEntry
from bopis.pickups import actions, emptying, expiring, reclaiming
from bopis.pickups.models import Pickup
from bopis.pickups.reminding import is_still_right
from bopis.sweeps import sweep
from tests.world import World

NOON = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)  # 12:00 in the store
NIGHT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)  # 23:00
MORNING = dt.datetime(2026, 11, 24, 13, 0, tzinfo=dt.UTC)  # 08:00


@pytest.fixture
def at(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Lets the clock show a time, and does what is due then."""

    def stands_at(now: dt.datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)
        sweep(world.database, now)

    return stands_at


def ends(world: World, now: dt.datetime) -> str:
    """A pickup whose hold is ended at this time."""
    pickup = world.ready()
    with world.database.transaction() as session:
        expiring.expire(session, world.pickup(session, pickup), now)
    return pickup


def told(world: World) -> list[tuple[str, int]]:
    with world.database.reading() as session:
        found = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper").order_by(OutboxEntry.id))
        asked = [(entry.fields["template"], entry.fields["version"]) for entry in found]
    return [each for each in asked if each[0] == "hold_over"]


def test_by_day_it_is_told_at_once_and_once(world: World, at: Callable[[dt.datetime], None]) -> None:
    at(NOON)
    ends(world, NOON)
    assert told(world) == [("hold_over", 1)]
    for hours in range(30):
        at(NOON + dt.timedelta(hours=hours))
    assert told(world) == [("hold_over", 1)]


def test_what_ended_in_the_night_is_told_in_the_morning(world: World, at: Callable[[dt.datetime], None]) -> None:
    at(NIGHT)
    ends(world, NIGHT)
    at(MORNING - dt.timedelta(minutes=1))
    assert told(world) == []
    at(MORNING)
    assert told(world) == [("hold_over", 1)]


def _keep(world: World, pickup: str) -> None:
    with world.database.transaction() as session:
        reclaiming.keep_longer(session, world.pickup(session, pickup), 24, clock.now(), actor="system")


def _collect(world: World, pickup: str) -> None:
    with world.database.transaction() as session:
        actions.make_collected(session, world.pickup(session, pickup), clock.now(), actor="system")


def _call_off(world: World, pickup: str) -> None:
    with world.database.transaction() as session:
        actions.cancel(session, world.pickup(session, pickup), clock.now(), actor="platform", reason="")


@pytest.mark.parametrize("meanwhile", [_keep, _collect, _call_off])
def test_whoever_has_it_keeps_it_or_wants_it_no_more_is_told_nothing(
    world: World, at: Callable[[dt.datetime], None], meanwhile: Callable[[World, str], None]
) -> None:
    at(NIGHT)
    pickup = ends(world, NIGHT)
    meanwhile(world, pickup)
    at(MORNING)
    assert told(world) == []


def test_what_went_back_in_the_night_is_told_in_the_morning_all_the_same(
    world: World, at: Callable[[dt.datetime], None]
) -> None:
    at(NIGHT)
    pickup = ends(world, NIGHT)
    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="absent")
    assert world.state(pickup) == "returned"
    at(MORNING)
    assert told(world) == [("hold_over", 1)]


def test_a_merchant_may_say_nothing(world: World, at: Callable[[dt.datetime], None]) -> None:
    with world.database.transaction() as session:
        session.get_one(Merchant, world.merchant_id).holding = {"tell_over": False}
    at(NIGHT)
    ends(world, NIGHT)
    at(MORNING)
    at(NOON)
    assert told(world) == []


def test_an_attempt_that_comes_too_late_says_nothing_that_is_not_so(
    world: World, at: Callable[[dt.datetime], None]
) -> None:
    at(NOON)
    pickup = ends(world, NOON)
    with world.database.reading() as session:
        assert is_still_right(session.get_one(Pickup, pickup), "hold_over", 1, NOON)
    _keep(world, pickup)
    with world.database.reading() as session:
        assert not is_still_right(session.get_one(Pickup, pickup), "hold_over", 1, NOON)
