"""Badge and PIN: counted before they are looked at, paused after five, locked after ten."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bopis import clock
from bopis.errors import Invalid
from bopis.staff import actions, queries
from bopis.staff.models import StaffMember, StaffSession
from tests.world import PIN, World

WRONG = "000000"


def attempt(world: World, pin: str, *, badge: str = "A1", at: dt.datetime | None = None) -> str | None:
    """One try at the sign-in page; the token when it was let in."""
    now = at or clock.now()
    with world.database.transaction() as session:
        counted = actions.count_attempt(session, badge, now)
    if not actions.is_right(counted, pin):
        return None
    with world.database.transaction() as session:
        return actions.sign_in(session, counted, now)


def is_live(world: World, token: str | None, at: dt.datetime | None = None) -> bool:
    assert token is not None
    with world.database.reading() as session:
        return queries.live_session(session, token, at or clock.now()) is not None


def ada(world: World) -> StaffMember:
    with world.database.reading() as session:
        return session.get_one(StaffMember, world.ada_id)


def test_the_right_pin_lets_in_and_only_a_hash_of_the_token_is_kept(world: World) -> None:
    token = attempt(world, PIN)
    assert is_live(world, token)
    with world.database.reading() as session:
        kept = session.scalars(select(StaffSession)).one()
    assert token not in vars(kept).values()


@pytest.mark.parametrize(("badge", "pin"), [("A1", WRONG), ("A1", ""), ("Z9", PIN), ("", ""), ("B1", "246811")])
def test_a_wrong_pin_and_an_unknown_badge_do_not(world: World, badge: str, pin: str) -> None:
    assert attempt(world, pin, badge=badge) is None


def test_badges_are_read_as_they_are_printed(world: World) -> None:
    assert attempt(world, PIN, badge=" a1 ") is not None


def test_a_wrong_try_is_counted_even_if_nobody_waits_for_the_verdict(world: World) -> None:
    with world.database.transaction() as session:
        actions.count_attempt(session, "A1", clock.now())
    assert ada(world).failures == 1


def test_five_wrong_pins_pause_for_five_minutes_even_the_right_one(world: World) -> None:
    now = clock.now()
    for _ in range(5):
        attempt(world, WRONG, at=now)
    assert attempt(world, PIN, at=now + dt.timedelta(minutes=4, seconds=59)) is None
    assert ada(world).failures == 5
    assert attempt(world, PIN, at=now + dt.timedelta(minutes=5, seconds=1)) is not None
    assert ada(world).failures == 0


def test_the_fifth_try_may_still_be_right(world: World) -> None:
    for _ in range(4):
        attempt(world, WRONG)
    assert attempt(world, PIN) is not None


def test_ten_wrong_pins_in_a_row_lock_until_a_manager_unlocks(world: World) -> None:
    now = clock.now()
    for number in range(10):
        attempt(world, WRONG, at=now + dt.timedelta(minutes=6 * number))
    later = now + dt.timedelta(days=30)
    assert attempt(world, PIN, at=later) is None
    assert actions.is_locked(ada(world))

    with world.database.transaction() as session:
        actions.unlock(session, session.get_one(StaffMember, world.ada_id))
    assert attempt(world, PIN, at=later) is not None


def test_someone_who_left_is_not_let_in_and_is_signed_out_at_once(world: World) -> None:
    token = attempt(world, PIN)
    with world.database.transaction() as session:
        session.get_one(StaffMember, world.ada_id).active = False
    assert not is_live(world, token)
    assert attempt(world, PIN) is None


def test_a_sign_in_ends_after_a_quarter_of_an_hour_without_use_and_after_twelve_hours(world: World) -> None:
    token, now = attempt(world, PIN), clock.now()
    assert is_live(world, token, now + dt.timedelta(minutes=14))
    assert not is_live(world, token, now + dt.timedelta(minutes=16))

    with world.database.transaction() as session:
        session.scalars(select(StaffSession)).one().used_at = now + dt.timedelta(hours=11, minutes=59)
    assert is_live(world, token, now + dt.timedelta(hours=11, minutes=59))
    assert not is_live(world, token, now + dt.timedelta(hours=12, minutes=1))


def test_signing_out_ends_it(world: World) -> None:
    token = attempt(world, PIN)
    with world.database.transaction() as session:
        actions.sign_out(session, session.scalars(select(StaffSession.id)).one(), clock.now())
    assert not is_live(world, token)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "12345\u0664", " 12345"])
def test_a_pin_is_six_digits(pin: str) -> None:
    with pytest.raises(Invalid):
        actions.hash_pin(pin)


def test_the_pins_hash_does_not_show_in_an_attempt(world: World) -> None:
    with world.database.transaction() as session:
        counted = actions.count_attempt(session, "A1", clock.now())
    assert "argon2" not in repr(counted)


def test_many_tries_at_once_are_all_counted_before_any_is_looked_at(world: World) -> None:
    def count(number: int) -> bool:
        with world.database.transaction() as session:
            return actions.count_attempt(session, "A1", clock.now()).staff_id is not None

    with ThreadPoolExecutor(8) as pool:
        looked_at = list(pool.map(count, range(24)))
    assert looked_at.count(True) == 5
    assert ada(world).failures == 5
