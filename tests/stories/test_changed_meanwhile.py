"""What the service decided while a store was cut off, and what the store did meanwhile: both hear of it, and agree."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from bopis import clock
from bopis.bridges import actions as bridges
from bopis.bridges.people import people_changed
from bopis.lockers.models import Bank
from bopis.staff import actions as staff
from bopis.staff.models import StaffMember
from bopis.web.ops import bankmap
from firmware_bridge.__main__ import enrol_only
from tests.firmware_bridge.world import until
from tests.stories.cut_off import Store
from tests.world import PIN

pytestmark = pytest.mark.timeout(900)
NEW_PIN = "135791"
AT_ONCE = 12
"""Seconds: well within the time for which a sync is held open."""


def loaded(store: Store, *numbers: str) -> list[str]:
    """Orders that staff put into doors while the line was there; the service and the bridge both know."""
    pickups = [store.world.order(number) for number in numbers]
    store.told()
    assert store.sign_in() == "in"
    for pickup in pickups:
        store.loads(pickup)
    store.post("staff/sign-out", press="")
    until(lambda: all(store.world.state(pickup) == "ready" for pickup in pickups))
    store.told()
    return pickups


def about_ada(store: Store, act: Callable[[Session, StaffMember], None]) -> None:
    """What a manager's page does."""
    with store.world.database.transaction() as session:
        people_changed(session, store.world.store_id)
        act(session, session.get_one(StaffMember, store.world.ada_id))


def is_behind(store: Store) -> bool:
    """Whether the bank's page says that the kiosk lets people in by an older list."""
    with store.world.database.reading() as session:
        bank = session.get_one(Bank, store.world.bank_id)
        bridge = bankmap.look(session, bank, clock.now()).bridge
    assert bridge is not None
    return bridge.people_behind


def refused(store: Store, pin: str = PIN) -> bool:
    """Whether the kiosk says no, not counting what its own throttle says."""
    verdict = store.sign_in(pin=pin)
    store.post("staff/sign-out", press="")
    store.agent.journal.write("staff_streak", "[0, 0]")
    return verdict == "no"


def test_a_bridge_revoked_while_cut_off_goes_on_says_why_and_tells_all_when_enrolled_anew(store: Store) -> None:
    first, second = loaded(store, "1", "2")
    store.cut()
    with store.world.database.transaction() as session:
        bridges.revoke(session, store.bridge(session), clock.now())
    store.collects(store.code(first))
    store.line.cut = False
    until(lambda: store.state()["refused"], 60)
    told = store.status()
    assert (told["online"], told["refused"]) == (False, "bad_signature")
    assert any("enrol --anew" in trouble for trouble in told["troubles"])
    assert told["journal"]["waiting_events"] > 0
    store.collects(store.code(second))  # what it was told of is good until its lease ends
    assert [store.world.state(pickup) for pickup in (first, second)] == ["ready", "ready"]

    store.offer("AGAIN")
    store.stop()
    assert enrol_only(store.config, Namespace(anew=True, code="AGAIN")) == 0
    store.start()
    store.mend()
    assert [store.world.state(pickup) for pickup in (first, second)] == ["collected", "collected"]
    events = store.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert store.state()["refused"] is False


def test_a_pin_changed_while_cut_off_is_the_old_one_there_until_the_line_is_back(store: Store) -> None:
    store.told()
    store.cut()
    about_ada(store, lambda session, ada: staff.set_pin(session, ada, NEW_PIN))
    assert refused(store, NEW_PIN)
    assert not refused(store)
    assert is_behind(store)
    store.mend()
    store.told()
    assert refused(store)
    assert not refused(store, NEW_PIN)
    until(lambda: not is_behind(store))


def test_a_badge_locked_while_cut_off_is_signed_out_on_the_lines_return_until_a_manager_unlocks_it(
    store: Store,
) -> None:
    store.told()
    store.cut()
    assert store.sign_in() == "in"
    about_ada(store, staff.lock)
    assert store.state()["staff"] is not None
    store.mend()
    until(lambda: store.state()["staff"] is None, 40)
    assert refused(store)
    about_ada(store, staff.unlock)
    until(lambda: not refused(store), AT_ONCE)


def test_a_badge_locked_at_the_kiosk_while_cut_off_is_locked_everywhere(store: Store) -> None:
    store.told()
    store.cut()
    nine = {store.world.ada_id: {"version": 1, "wrong": 9, "paused_until": 0, "told": False}}
    store.agent.journal.write("staff_tries", json.dumps(nine))
    assert refused(store, "111111")
    assert refused(store), "the right PIN too"
    store.mend()
    with store.world.database.reading() as session:
        assert staff.is_locked(session.get_one(StaffMember, store.world.ada_id))
    about_ada(store, staff.unlock)
    until(lambda: not refused(store), AT_ONCE)


def test_somebody_removed_while_cut_off_is_signed_out_on_the_lines_return_and_what_they_did_holds(
    store: Store,
) -> None:
    pickup = store.world.order("1")
    store.told()
    store.cut()
    assert store.sign_in() == "in"
    about_ada(store, lambda session, ada: staff.remove(session, ada, clock.now()))
    door = store.loads(pickup)
    store.mend()
    until(lambda: store.state()["staff"] is None, 40)
    assert refused(store)
    assert store.world.state(pickup) == "ready"
    assert (door, "loaded") in store.world.placements(pickup)
    assert ("ready", f"staff:{store.world.ada_id}") in store.story(pickup)


def test_an_order_called_off_while_its_shopper_collects_it_left_and_a_person_is_asked(store: Store) -> None:
    (pickup,) = loaded(store, "1")
    code = store.code(pickup)
    store.cut()
    store.world.news(store.world.snapshot("1", cancelled_at=clock.now()))
    assert store.world.state(pickup) == "cancelled"
    assert "reclaim" in store.tasks()
    store.collects(code)
    store.mend()
    assert store.world.state(pickup) == "collected"
    assert store.tasks()["goods_gone"] == "The order was called off, but the goods had left already."
    assert "reclaim" not in store.tasks()
    story = [what for what, _ in store.story(pickup)]
    assert story[story.index("cancelled") :] == ["cancelled", "door_opened_grant", "door_shut_grant", "collected"]
    store.told()
    assert store.post("code", code=code)["verdict"] == "no"


def test_a_list_of_people_that_changes_reaches_the_kiosk_at_once(store: Store) -> None:
    store.told()
    about_ada(store, lambda session, ada: staff.set_pin(session, ada, NEW_PIN))
    until(lambda: not refused(store, NEW_PIN), AT_ONCE)
