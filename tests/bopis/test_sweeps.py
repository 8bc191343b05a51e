"""The steps that time brings for platforms and for people's rights, one at a time."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from bopis import clock
from bopis.bridges.actions import NONCE_LIFE, remember_nonce
from bopis.bridges.models import BridgeNonce
from bopis.merchants.actions import install, pause
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.orders.privacy import ask_erasure
from bopis.outbox import OutboxEntry
from bopis.sweeps import AskWhatChanged, EraseOrders, ForgetNonces, LookAfterSubscriptions, Step, sweep
from bopis.sweeps.shoppers import SHOPPERS
from tests.world import World


def found(world: World, step: Step, now: dt.datetime) -> str | None:
    with world.database.reading() as session:
        return step.find(session, now)


def watch(world: World, now: dt.datetime) -> None:
    with world.database.transaction() as session:
        session.get_one(Connection, world.shop.connection_id).watch(now)


def asked(world: World) -> list[tuple[str, str]]:
    with world.database.reading() as session:
        return sorted((entry.kind, entry.state) for entry in session.scalars(select(OutboxEntry)))


def test_a_connection_nobody_follows_is_asked_nothing(world: World) -> None:
    now = clock.now()
    assert found(world, AskWhatChanged(), now) is None
    assert found(world, LookAfterSubscriptions(), now) is None


def test_a_followed_one_is_asked_at_once_and_then_every_five_and_fifteen_minutes(world: World) -> None:
    now = clock.now()
    watch(world, now)
    sweep(world.database, now)
    assert asked(world) == [("Reconcile", "waiting"), ("WatchSubscriptions", "waiting")]
    minutes = {
        step: [m for m in range(20) if found(world, step, now + dt.timedelta(minutes=m))]
        for step in (AskWhatChanged(), LookAfterSubscriptions())
    }
    assert [times[0] for times in minutes.values()] == [5, 15]


def test_asking_again_uses_the_row_of_the_last_time(world: World) -> None:
    now = clock.now()
    watch(world, now)
    sweep(world.database, now)
    with world.database.transaction() as session:
        for entry in session.scalars(select(OutboxEntry)):
            entry.state = "done"
    sweep(world.database, now + dt.timedelta(minutes=16))
    assert asked(world) == [("Reconcile", "waiting"), ("WatchSubscriptions", "waiting")]


def test_a_paused_one_is_asked_nothing_until_it_is_installed_again(world: World) -> None:
    now = clock.now()
    watch(world, now)
    with world.database.transaction() as session:
        pause(session, session.get_one(Connection, world.shop.connection_id), "uninstalled", now)
    assert found(world, AskWhatChanged(), now) is None
    with world.database.transaction() as session:
        install(session, world.merchant_id, "shopify", world.shop.name, {"access_token": "new"}, now)
    assert found(world, AskWhatChanged(), now) == world.shop.connection_id


def test_an_order_is_erased_once_nothing_of_it_is_open(world: World) -> None:
    now = clock.now()
    world.order("1")
    world.order("2")
    with world.database.transaction() as session:
        assert ask_erasure(session, world.shop.connection_id, ["1"], now) == 1
    assert found(world, EraseOrders(), now) is None
    world.news(world.snapshot("1", cancelled_at=now))
    sweep(world.database, now)
    with world.database.reading() as session:
        kept = {order.platform_order_id: order.phone() for order in session.scalars(select(Order))}
    assert (kept["1"], bool(kept["2"])) == ("", True)


def test_who_it_was_for_is_forgotten_a_month_after_the_last_of_an_order_was_over(world: World) -> None:
    now = clock.now()
    for number in "12":
        world.order(number, first_name="Robin", emails=("robin@example.com",))
    world.news(world.snapshot("1", cancelled_at=now))

    def known(later: dt.datetime) -> list[str]:
        sweep(world.database, later)
        with world.database.reading() as session:
            every = session.scalars(select(Order).order_by(Order.platform_order_id))
            return [order.platform_order_id for order in every if order.phone() or order.email() or order.first_name()]

    assert known(now + SHOPPERS - dt.timedelta(hours=1)) == ["1", "2"]
    assert known(now + SHOPPERS + dt.timedelta(hours=1)) == ["2"]
    # A late word of the platform about it brings nothing back.
    world.news(world.snapshot("1", cancelled_at=now, first_name="Robin", updated_at=now + dt.timedelta(days=31)))
    assert known(now + SHOPPERS + dt.timedelta(hours=2)) == ["2"]


def test_a_request_is_remembered_for_as_long_as_it_could_be_played_back(world: World) -> None:
    now = clock.now()
    with world.database.transaction() as session:
        remember_nonce(session, world.bridge_id, "one", now)
    assert found(world, ForgetNonces(), now + NONCE_LIFE) is None
    sweep(world.database, now + NONCE_LIFE + dt.timedelta(seconds=1))
    with world.database.reading() as session:
        assert session.scalars(select(BridgeNonce)).all() == []
