"""A full bank at work: goods carried from door to door, to the counter and back, with a real bridge and its doors.

Whatever is carried, the shopper's code opens the door where the goods are."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from bopis import clock
from bopis.app import create_app
from bopis.bell import BankListener
from bopis.drain import drain
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Placement
from tests.bopis.web.phone import Phone
from tests.firmware_bridge.world import until
from tests.invariants import Tables, of_database
from tests.stories.cut_off import Store

pytestmark = pytest.mark.timeout(900)


class Hand:
    """An associate with a phone at the real lockers."""

    def __init__(self, store: Store, redis_url: str) -> None:
        self.store = store
        self.phone = Phone(create_app(store.service, BankListener(redis_url))).signed_in()
        self.is_there()

    def is_there(self) -> None:
        """The digits on the screen typed in, anew if they changed or a bridge just started was not heard of yet."""

        def is_taken() -> bool:
            state = self.store.state()
            digits = (state.get("presence") or {}).get("code")
            return bool(state["online"] and digits) and self.phone.post("/presence", code=digits).status_code == 200

        until(is_taken)

    def moves(self, pickup: str, deed: str, *, put: bool) -> int:
        """One door opens, something is put in or taken out, and it is shut."""
        state = self.phone.do(pickup, deed)
        door = until(lambda: self._open_door(pickup))
        (self.store.locks.put_item if put else self.store.locks.take_item)(door)
        self.store.locks.shut_door(door)
        until(lambda: self._open_door(pickup) is None)
        assert state["present"]
        return door

    def _open_door(self, pickup: str) -> int | None:
        state = self.phone.state(pickup)
        doors = [*state["doors"], *(state["plan"]["doors"] if state["plan"] else [])]
        return next((door["number"] for door in doors if door["phase"] == "open"), None)


def filled(store: Store, hand: Hand) -> list[str]:
    """Six small orders, one in each door."""
    pickups = [store.world.order(str(number)) for number in range(1, 7)]
    store.told()
    for number, pickup in enumerate(pickups, start=1):
        assert hand.moves(pickup, "open", put=True) == number
    until(lambda: all(store.world.state(pickup) == "ready" for pickup in pickups))
    store.told()
    return pickups


def large(store: Store, order: str) -> str:
    """An order in hand that needs a large door, and found none when it was placed."""
    pickup = store.world.order(order)
    with store.world.database.transaction() as session:
        store.world.pickup(session, pickup).size = "L"
    return pickup


def templates(store: Store, pickup: str) -> list[Any]:
    drain(store.service)
    with store.world.database.reading() as session:
        rows = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper").order_by(OutboxEntry.id))
        return [row.fields["template"] for row in rows if row.fields["pickup_id"] == pickup]


def assert_nothing_is_wrong(store: Store) -> None:
    assert [event.trouble for event in store.events() if event.trouble] == []
    with store.world.database.engine.connect() as connection:
        assert of_database(Tables(connection)) == []
        assert connection.execute(sa.text("SELECT count(*) FROM carries WHERE stage = 'out'")).scalar() == 0


def test_an_order_moves_down_over_a_restart_and_its_code_opens_the_new_door(store: Store, redis_url: str) -> None:
    world, hand = store.world, Hand(store, redis_url)
    first, *_, fifth, _ = filled(store, hand)
    new = large(store, "7")
    assert store.collects(store.code(first)) == 1
    until(lambda: world.state(first) == "collected")

    state = hand.phone.state(new)
    assert [(step["words"], step["order"]) for step in state["plan"]["steps"]] == [
        ("Door 5 → door 1", "#5"),
        ("Into door 5", "#7"),
    ]
    assert hand.moves(new, "carry", put=False) == 5
    store.told()
    assert store.post("code", code=store.code(fifth))["verdict"] == "counter", "it is in somebody's hands"
    store.post("done")
    store.stop()
    store.start()
    hand = Hand(store, redis_url)
    assert hand.phone.state(new)["plan"]["in_hand"] == "#5"
    assert hand.moves(new, "carry", put=True) == 1
    assert hand.moves(new, "carry", put=True) == 5
    until(lambda: world.state(new) == "ready")

    store.told()
    assert templates(store, fifth) == ["ready"], "its text named no door, so it still says what is so"
    assert store.collects(store.code(fifth)) == 1
    assert store.collects(store.code(new)) == 5
    until(lambda: (world.state(fifth), world.state(new)) == ("collected", "collected"))
    assert_nothing_is_wrong(store)


def test_the_stalest_makes_room_and_who_waits_at_the_counter_comes_in(store: Store, redis_url: str) -> None:
    world, hand = store.world, Hand(store, redis_url)
    pickups = filled(store, hand)
    with world.database.transaction() as session:
        for place in session.scalars(select(Placement).where(Placement.pickup_id == pickups[2])):
            place.loaded_at = clock.now() - dt.timedelta(hours=25)
    new, waiting = world.order("7"), world.order("8")
    assert hand.moves(new, "carry", put=False) == 3
    assert hand.moves(new, "carry", put=True) == 3
    hand.phone.do(waiting, "set-aside")
    store.told()
    assert store.post("code", code=store.code(pickups[2]))["verdict"] == "counter"
    store.post("done")

    assert store.collects(store.code(pickups[3])) == 4
    (offer,) = until(lambda: hand.phone.get("/state").get_json()["carry"])
    assert (offer["order"], offer["words"]) == ("#8", "Door 4 is free: bring it in from the counter")
    assert hand.moves(waiting, "carry", put=True) == 4
    until(lambda: world.placements(waiting)[-1] == (4, "loaded"))
    store.told()
    assert templates(store, pickups[2]) == ["ready", "at_counter"]
    assert templates(store, waiting) == ["ready", "in_locker"]
    assert store.collects(store.code(waiting)) == 4
    until(lambda: world.state(waiting) == "collected")
    assert_nothing_is_wrong(store)
