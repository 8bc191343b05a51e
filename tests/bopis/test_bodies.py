"""How long the orders are kept that a shop only sends: while there is something to hand over, and no longer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from bopis import clock, inbox
from bopis.errors import PermanentFailure
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.orders.dropping import drop
from bopis.orders.models import Order
from bopis.orders.privacy import ask_erasure
from bopis.pickups import actions
from bopis.ports import Account
from bopis.sweeps import sweep
from integrations.public import PublicCaller
from integrations.standard import StandardOrders, StandardPlatform
from tests.world import PHONE, World

NOW = clock.now()
WEEKS_LATER = NOW + dt.timedelta(days=20)


def send(world: World, order_id: str = "1", *, minutes: int = 0, is_source: bool = True, **fields: Any) -> None:
    """One version of an order, worked off. `minutes`: before now it was changed."""
    changed = (NOW - dt.timedelta(minutes=minutes)).isoformat()
    unit = {"id": f"unit-{order_id}", "location": {"id": "1001"}, "lines": [{"id": "1", "quantity": 1}]}
    whole = {"id": order_id, "updated_at": changed, "paid": True, "units": [unit], **fields}
    delivery, body = StandardOrders().from_json(whole, NOW)
    with world.database.transaction() as session:
        drop(session, account(world), [(replace(delivery, is_source=is_source), body)], NOW)  # type: ignore[list-item]
        session.execute(update(InboxEntry).values(state="done"))


def account(world: World) -> Account:
    with world.database.reading() as session:
        return session.get_one(Connection, world.shop.connection_id).account()


def kept(world: World, order_id: str = "1") -> list[bytes]:
    return inbox.kept_of(world.database, world.shop.connection_id, order_id)


def asked(world: World, order_id: str = "1") -> str:
    """What people call the order, as it is told when somebody asks for it now."""
    platform = StandardPlatform(partial(inbox.kept_of, world.database), clock.now, PublicCaller())
    found = platform.fetch_order(account(world), order_id)
    assert found is not None
    return found.name


def call_off(world: World, pickup_id: str) -> None:
    with world.database.transaction() as session:
        actions.cancel(session, world.pickup(session, pickup_id), NOW, actor="system", reason="cancelled_by_platform")


def test_the_newest_version_of_an_open_order_stays_however_they_came(world: World) -> None:
    world.order("1")
    for minutes, name in ((5, "older"), (1, "newest"), (9, "oldest")):
        send(world, minutes=minutes, name=name, customer={"phone": PHONE})
    sweep(world.database, WEEKS_LATER)

    assert len(kept(world)) == 1
    assert asked(world) == "newest"


def test_within_a_week_every_version_stays(world: World) -> None:
    world.order("1")
    for minutes in (1, 5):
        send(world, minutes=minutes)
    sweep(world.database, NOW + dt.timedelta(days=6))

    assert len(kept(world)) == 2


def test_nothing_personal_is_left_once_the_last_of_it_was_handed_over(world: World) -> None:
    pickup_id = world.order("1")
    send(world, customer={"phone": PHONE, "first_name": "Samantha"})
    sweep(world.database, WEEKS_LATER)
    assert any(b"Samantha" in body for body in kept(world))
    call_off(world, pickup_id)
    sweep(world.database, WEEKS_LATER)

    assert kept(world) == []
    with pytest.raises(PermanentFailure, match="nothing_kept"):
        asked(world)


def test_of_an_order_that_is_no_pickup_nothing_stays(world: World) -> None:
    send(world, "other")
    sweep(world.database, WEEKS_LATER)

    assert kept(world, "other") == []


def test_what_can_be_asked_for_again_is_erased_after_a_week_open_or_not(world: World) -> None:
    world.order("1")
    send(world, is_source=False)
    sweep(world.database, WEEKS_LATER)

    assert kept(world) == []


def test_another_shops_order_of_the_same_number_keeps_nothing_alive(world: World) -> None:
    assert world.outsider is not None
    world.outsider.order("1")
    send(world)
    sweep(world.database, WEEKS_LATER)

    assert kept(world) == []


def test_whoever_asks_to_be_forgotten_is_with_the_end_of_the_pickup_not_a_week_later(world: World) -> None:
    pickup_id = world.order("1")
    with world.database.transaction() as session:
        ask_erasure(session, world.shop.connection_id, ["1"], NOW)
    send(world, customer={"first_name": "Samantha"})
    sweep(world.database, NOW)
    assert len(kept(world)) == 1
    call_off(world, pickup_id)
    sweep(world.database, NOW)

    assert kept(world) == []
    with world.database.reading() as session:
        assert session.scalars(select(Order.erased_at)).one() is not None
