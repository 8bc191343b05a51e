"""Many deliveries worked off together: none harms or holds up another."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from bopis import clock, inbox
from bopis.claims import LEASE, claim
from bopis.drain import drain
from bopis.ids import new_id
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.orders import actions
from bopis.pickups.models import Pickup, Placement
from bopis.ports import Account, Delivery, OrderSnapshot
from bopis.stores.queries import lock
from bopis.tasks import Task
from bopis.wiring import Service
from firmware_bridge.protocol import codes
from tests.webhooks.door import Door
from tests.world import HIGH_STREET, World
from webhooks.acting import Finding
from webhooks.process import finish
from webhooks.reading import read

SECONDS = 30


class Shop:
    """A platform that answers from memory; `before` is called with each order's id first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[str] = []
        self.before: Callable[[Account, str], None] = lambda account, order_id: None

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> None:
        return None

    def order_of(self, delivery: Delivery, body: bytes) -> str:
        return delivery.subject

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot:
        self.asked.append(order_id)
        self.before(account, order_id)
        return self.world.snapshot(order_id)


@pytest.fixture
def shop(door: Door, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(codes, "verifier", lambda *_: b"v" * 32)  # Argon2id takes longer than all the rest
    shop = Shop(door.world)
    door.service.gateways.platforms["shopify"] = shop  # type: ignore[index]
    return shop


def news(door: Door, order_id: str, delivery: str = "", connection_id: str = "") -> None:
    """A delivery about an order is in the inbox."""
    account = Account(connection_id or door.world.shop.connection_id, "shopify", "", {}, {})
    told = Delivery(delivery or f"d{order_id}", "orders/updated", order_id)
    with door.service.database.transaction() as session:
        inbox.store(session, account, told, f"{order_id} {delivery}".encode(), clock.now())


def ends(door: Door) -> dict[str, str]:
    """What became of each delivery."""
    with door.service.database.reading() as session:
        return {entry.delivery_id: entry.state for entry in session.scalars(select(InboxEntry))}


@contextmanager
def commits(service: Service) -> Iterator[list[object]]:
    """Every commit of a session made meanwhile."""
    made: list[object] = []
    note = made.append
    event.listen(service.database.engine, "commit", note)
    yield made
    event.remove(service.database.engine, "commit", note)


def test_twenty_orders_take_a_handful_of_commits_and_twenty_doors_at_most_once_each(door: Door, shop: Shop) -> None:
    with door.service.database.transaction() as session:
        heard = session.get_one(Connection, door.world.shop.connection_id)
        heard.last_delivery = {"at": clock.now().isoformat(), "topic": "orders/updated"}  # noted once a minute
    for number in range(20):
        news(door, str(number))
    with commits(door.service) as made:
        drain(replace(door.service, hands=0))
    with door.service.database.reading() as session:
        states = set(session.scalars(select(Pickup.state)))
        doors = [place.compartment_id for place in session.scalars(select(Placement)) if place.compartment_id]
    assert (door.count(Pickup), states, set(ends(door).values())) == (20, {"reserved"}, {"done"})
    assert len(doors) == len(set(doors)) == 6
    assert len(made) <= 4, "claimed, acted on; claimed, recorded"


def test_two_news_of_one_order_ask_for_it_once_and_both_are_done(door: Door, shop: Shop) -> None:
    news(door, "1", "first")
    news(door, "1", "second")
    door.work()
    assert (shop.asked, door.count(Pickup), ends(door)) == (["1"], 1, {"first": "done", "second": "done"})


def test_a_bad_order_harms_no_other_and_alone_counts_as_failed(
    door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = actions._told

    def told(order_id: str, snapshot: OrderSnapshot, country: str, *, is_erased: bool) -> dict[str, Any]:
        if snapshot.order_id == "3":
            raise ZeroDivisionError
        return real(order_id, snapshot, country, is_erased=is_erased)

    monkeypatch.setattr(actions, "_told", told)
    for number in range(6):
        news(door, str(number))
    door.work()
    assert ends(door) == {f"d{number}": "waiting" if number == 3 else "done" for number in range(6)}
    with door.service.database.reading() as session:
        entries = {entry.delivery_id: entry for entry in session.scalars(select(InboxEntry))}
    failed = entries.pop("d3")
    assert (door.count(Pickup), failed.outcome) == (5, "defect: ZeroDivisionError")
    assert {entry.attempts for entry in entries.values()} == {1}


def test_an_order_the_shop_fails_to_tell_is_asked_for_later_and_the_others_are_done(door: Door, shop: Shop) -> None:
    def fail(account: Account, order_id: str) -> None:
        if order_id == "2":
            raise RuntimeError

    shop.before = fail
    for number in range(4):
        news(door, str(number))
    door.work()
    assert (ends(door)["d2"], door.count(Pickup)) == ("waiting", 3)


def test_a_lease_lost_within_a_batch_loses_no_other(door: Door, shop: Shop) -> None:
    database = door.service.database
    for number in range(3):
        news(door, str(number))
    with database.transaction() as session:
        claimed = claim(session, InboxEntry, 20, clock.now())
    findings: list[Finding] = [errand.run() for errand in read(database, door.service.gateways.platforms, claimed)]
    with database.transaction() as session:
        taken_over = update(InboxEntry).where(InboxEntry.delivery_id == "d1")
        session.execute(taken_over.values(lease_token=7, lease_until=clock.now() + LEASE))
    finish(database, findings)
    assert ends(door) == {"d0": "done", "d1": "waiting", "d2": "done"}
    assert door.count(Pickup) == 2


def test_a_batch_takes_no_more_than_it_was_asked_for(door: Door, shop: Shop) -> None:
    for number in range(30):
        news(door, str(number))
    with door.service.database.transaction() as session:
        assert len(claim(session, InboxEntry, 20, clock.now())) == 20


def test_a_slow_shop_holds_up_nobody_else(door: Door, shop: Shop) -> None:
    slow_id, others_done = new_id(), threading.Event()
    with door.service.database.transaction() as session:
        slow = Connection(
            id=slow_id,
            merchant_id=door.world.merchant_id,
            vendor="shopify",
            account_name="slow",
            settings={},
            created_at=clock.now(),
        )
        slow.keep_secrets({})
        session.add(slow)

    def wait(account: Account, order_id: str) -> None:
        if account.connection_id == slow_id:
            assert others_done.wait(SECONDS)

    shop.before = wait
    for number in range(10):
        news(door, f"slow{number}", connection_id=slow_id)
    for number in range(30):
        news(door, f"quick{number}")
    worker = threading.Thread(target=drain, args=(door.service,))
    worker.start()
    deadline = clock.now() + dt.timedelta(seconds=SECONDS)
    while [state for name, state in ends(door).items() if "quick" in name].count("done") < 30:
        assert clock.now() < deadline
        threading.Event().wait(0.02)
    assert not [name for name, state in ends(door).items() if "slow" in name and state == "done"]
    news(door, "late")  # also what comes only now is not held up
    while ends(door)["dlate"] != "done":
        assert clock.now() < deadline
        threading.Event().wait(0.02)
    others_done.set()
    worker.join(SECONDS)
    assert set(ends(door).values()) == {"done"}
    assert door.count(Task) == 0 or set(door.tasks()) == {"map_location"}


def test_a_store_that_somebody_holds_still_holds_up_no_other(door: Door, shop: Shop) -> None:
    engine = door.service.database.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer anyway")
    elsewhere = {"free": "nowhere"}
    shop.world.snapshot = lambda order_id: World.snapshot(  # type: ignore[method-assign,assignment]
        shop.world, order_id, location=elsewhere.get(order_id, HIGH_STREET)
    )
    news(door, "held")
    deadline = clock.now() + dt.timedelta(seconds=SECONDS)
    with door.world.database.transaction() as holder:
        lock(holder, door.world.store_id)
        worker = threading.Thread(target=drain, args=(door.service,))
        worker.start()
        while not _waits(engine):
            assert clock.now() < deadline
        news(door, "free")
        while ends(door)["dfree"] != "done":
            assert clock.now() < deadline
            threading.Event().wait(0.02)
        assert ends(door)["dheld"] == "waiting"
    worker.join(SECONDS)
    assert set(ends(door).values()) == {"done"}


def _waits(engine: Engine) -> bool:
    """Whether somebody waits for a lock of this database."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return connection.exec_driver_sql(waiting).first() is not None


def test_a_shop_is_asked_at_most_four_things_at_once(door: Door, shop: Shop) -> None:
    counting, at_once, most = threading.Lock(), [0], [0]

    def count(account: Account, order_id: str) -> None:
        with counting:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.01)
        with counting:
            at_once[0] -= 1

    shop.before = count
    for number in range(20):
        news(door, str(number))
    door.work()
    assert 1 <= most[0] <= 4


def test_what_a_connection_told_us_last_is_noted_when_it_is_worked_off_and_at_most_once_a_minute(
    door: Door, shop: Shop
) -> None:
    def last() -> dict[str, str] | None:
        with door.service.database.reading() as session:
            return session.get_one(Connection, door.world.shop.connection_id).last_delivery

    news(door, "1")
    assert last() is None
    door.work()
    first = last()
    assert first is not None and first["topic"] == "orders/updated"
    news(door, "2")
    door.work()
    assert last() == first


def test_no_order_waits_for_a_note_that_cannot_be_written_now(door: Door, shop: Shop) -> None:
    if door.service.database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the whole database")
    news(door, "1")
    with door.service.database.transaction() as session:
        taken = claim(session, InboxEntry, 1, clock.now())
    with door.world.database.transaction():
        found = read(door.service.database, door.service.gateways.platforms, taken)
    finish(door.service.database, [each.run() for each in found])
    assert ends(door) == {"d1": "done"}
