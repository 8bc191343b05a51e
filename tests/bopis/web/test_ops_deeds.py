"""Every task has words and a deed; goods come out by a clear way, or by a person's word with a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis import clock, tasks
from bopis.lockers.models import Compartment
from bopis.merchants.models import Connection
from bopis.messages import KINDS as MESSAGES
from bopis.orders.models import Order
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Grant, Pickup
from bopis.staff.models import StaffMember
from bopis.tasks import KINDS, Task
from bopis.timeline import entries
from bopis.web.associate.story import WORDS
from bopis.web.ops.settling import button, way
from bopis.web.ops.words import EFFECTS
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.operator import Operator
from tests.world import World

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mo(web: Flask, lockers: Lockers) -> Operator:
    """Mo, the manager."""
    return Operator(web)


@pytest.fixture
def admin(world: World, web: Flask, lockers: Lockers) -> Operator:
    """Mo, made an admin."""
    with world.database.transaction() as session:
        session.execute(update(StaffMember).where(StaffMember.id == world.mo_id).values(role="admin"))
    return Operator(web)


def asked_in_code() -> Iterator[str]:
    """The kind in every call of `tasks.ask`, or of an `ask` around it."""
    for path in (*ROOT.glob("bopis/**/*.py"), *ROOT.glob("webhooks/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tasks.ask", "_ask", "ask"):
                for given in node.args[1:4]:
                    yield from (
                        part.value for part in ast.walk(given) if isinstance(part, ast.Constant) and part.value in KINDS
                    )


def test_every_kind_that_is_asked_for_has_words_and_no_words_are_left_over() -> None:
    assert set(asked_in_code()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_button_or_a_way(web: Flask, world: World, kind: str) -> None:
    task = Task(id="t", kind=kind, subject_id=world.shop.connection_id, merchant_id=world.merchant_id)
    with web.test_request_context(), world.database.reading() as session:
        assert button(kind) or way(session, task, "admin")


def test_every_effect_has_words() -> None:
    assert set(EFFECTS) == set(MESSAGES)


def ask(world: World, kind: str, subject: str, *, store: bool = False) -> None:
    with world.database.transaction() as session:
        tasks.ask(
            session,
            kind,
            subject,
            merchant_id=world.merchant_id,
            store_id=world.store_id if store else None,
            reason=f"Reason of {kind}.",
            now=clock.now(),
        )


def settle(operator: Operator) -> None:
    (row,) = (row for group in operator.state()["groups"] for row in group["rows"])
    operator.does(f"/tasks/{row['id']}/settle")


def way_of(operator: Operator) -> dict[str, str] | None:
    (row,) = (row for group in operator.state()["groups"] for row in group["rows"])
    found: dict[str, str] | None = row["way"]
    return found


def called_off(world: World) -> str:
    pickup_id = world.ready("1")
    world.news(world.snapshot("1", cancelled_at=clock.now()))
    return pickup_id


def test_the_task_to_take_goods_out_leads_to_the_page_that_says_how(world: World, mo: Operator) -> None:
    pickup_id = called_off(world)
    assert way_of(mo) == {"href": f"/ops/pickups/{pickup_id}#take-out", "words": "Take it out"}
    page = mo.reads(f"/pickups/{pickup_id}")
    assert 'id="take-out"' in page and f'href="/associate/pickups/{pickup_id}"' in page


def test_goods_taken_out_by_hand_free_the_door_and_say_how_on_the_timeline(world: World, mo: Operator) -> None:
    pickup_id = called_off(world)
    mo.does(f"/pickups/{pickup_id}/taken-out", reason=" Door blocked,  opened with the key ")
    assert (world.state(pickup_id), world.placements(pickup_id)) == ("returned", [(1, "released")])
    assert mo.state()["tasks"] == 0
    with world.database.reading() as session:
        (entry,) = (each for each in entries(session, pickup_id) if each.what == "taken_out_by_hand")
    assert (entry.actor, entry.detail["reason"]) == (f"staff:{world.mo_id}", "Door blocked, opened with the key")
    assert "Taken out of door 1 by hand: Door blocked" in mo.reads(f"/pickups/{pickup_id}")


def test_what_was_booked_as_back_and_its_shopper_has_is_put_right_with_a_reason(world: World, mo: Operator) -> None:
    pickup_id = called_off(world)
    assert 'id="correct"' not in mo.reads(f"/pickups/{pickup_id}")
    assert mo.refused(f"/pickups/{pickup_id}/collected", reason="Seen") == (409, "not_returned")
    mo.does(f"/pickups/{pickup_id}/taken-out", reason="With the key")
    assert 'id="correct"' in mo.reads(f"/pickups/{pickup_id}")
    assert mo.refused(f"/pickups/{pickup_id}/collected", reason=" ") == (400, "no_reason")
    mo.does(f"/pickups/{pickup_id}/collected", reason="Seen on the camera")
    assert world.state(pickup_id) == "collected"
    page = mo.reads(f"/pickups/{pickup_id}")
    assert "it was booked as back with the store, and its shopper has it (“Seen on the camera”)" in page
    assert "was booked as back, and its shopper has it. Look after its money" in page


def test_goods_that_wait_for_a_shopper_go_back_on_the_list_with_their_code_asleep(world: World, mo: Operator) -> None:
    pickup_id = world.ready("1")
    mo.does(f"/pickups/{pickup_id}/taken-out", reason="Wrong order")
    assert world.state(pickup_id) == "reserved"
    with world.database.reading() as session:
        assert session.scalars(select(Grant.state).where(Grant.pickup_id == pickup_id)).all() == ["held"]


def test_a_persons_word_needs_a_reason_something_inside_and_a_shut_door(world: World, mo: Operator) -> None:
    pickup_id = called_off(world)
    assert mo.refused(f"/pickups/{pickup_id}/taken-out") == (400, "no_reason")
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.number == 1).values(door="open"))
    assert mo.refused(f"/pickups/{pickup_id}/taken-out", reason="Key") == (409, "door_open")
    with world.database.transaction() as session:
        session.execute(update(Compartment).where(Compartment.number == 1).values(in_service=False))
    mo.does(f"/pickups/{pickup_id}/taken-out", reason="Key")
    assert mo.refused(f"/pickups/{pickup_id}/taken-out", reason="Key") == (409, "not_in_locker")


def test_what_changed_after_loading_may_be_found_right_as_it_lies(world: World, mo: Operator) -> None:
    pickup_id = world.ready("1")
    ask(world, "changed_after_loading", pickup_id, store=True)
    with world.database.transaction() as session:
        session.get_one(Pickup, pickup_id).differs = "lines"
    settle(mo)
    with world.database.reading() as session:
        assert session.get_one(Pickup, pickup_id).differs == ""
    assert (world.state(pickup_id), mo.state()["tasks"]) == ("ready", 0)


def test_a_locked_code_is_unlocked_from_afar(world: World, mo: Operator) -> None:
    pickup_id = world.ready("1")
    ask(world, "code_locked", pickup_id, store=True)
    settle(mo)
    with world.database.reading() as session:
        assert session.scalars(select(Grant).where(Grant.pickup_id == pickup_id)).one().version == 2


def follow_shop(world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(Connection, world.shop.connection_id).watch(clock.now())


def asked_for(world: World) -> set[str]:
    with world.database.reading() as session:
        found = session.scalars(select(OutboxEntry.kind).where(OutboxEntry.merchant_id == world.merchant_id))
        return set(found) & {"Reconcile", "WatchSubscriptions"}


def test_a_connection_that_failed_is_asked_again(world: World, mo: Operator) -> None:
    follow_shop(world)
    ask(world, "connection_failed", world.shop.connection_id)
    assert (way_of(mo) or {})["href"] == "/ops/connections"
    settle(mo)
    assert (asked_for(world), mo.state()["tasks"]) == ({"Reconcile", "WatchSubscriptions"}, 0)


def test_only_an_admin_is_led_to_connecting_and_to_what_is_held(world: World, mo: Operator) -> None:
    ask(world, "reconnect", world.shop.connection_id)
    assert (way_of(mo) or {})["href"] == "/ops/connections"


def test_an_admin_connects_again_and_downloads_what_is_held(world: World, admin: Operator) -> None:
    ask(world, "reconnect", world.shop.connection_id)
    assert (way_of(admin) or {})["href"] == "/connect/shopify?shop=fernhill.myshopify.com"
    with world.database.transaction() as session:
        session.execute(update(Task).values(settled_at=clock.now()))
    pickup_id = world.order("1")
    with world.database.reading() as session:
        order_id = session.scalars(select(Order.id)).one()
    ask(world, "data_request", order_id)
    assert (way_of(admin) or {})["href"] == f"/connect/held/{order_id}"
    settle(admin)
    assert admin.state()["tasks"] == 0 and pickup_id


def test_the_page_of_connections_says_how_each_is(world: World, admin: Operator) -> None:
    follow_shop(world)
    with world.database.transaction() as session:
        shop = session.get_one(Connection, world.shop.connection_id)
        shop.reconciled = {"at": clock.now().isoformat(), "changed": 3, "asked": 2, "total": 7, "is_all": True}
        shop.subscriptions = {"at": clock.now().isoformat(), "created": [], "lost": 1}
    page = admin.reads("/connections")
    for words in (
        "fernhill.myshopify.com",
        "Alive",
        "7 orders, found by asking; 2 the last time",
        "1 lost",
        "Does not expire",
    ):
        assert words in page
    for secret in ("hush", "outsider"):
        assert secret not in page
    ask(world, "reconnect", shop.id)
    assert "It refuses our access" in admin.reads("/connections")


def test_an_admin_asks_a_shop_again_and_nobody_else_may(world: World, web: Flask, admin: Operator) -> None:
    follow_shop(world)
    admin.does(f"/connections/{world.shop.connection_id}/ask-again")
    assert asked_for(world) == {"Reconcile", "WatchSubscriptions"}
    assert world.outsider is not None
    theirs = f"/connections/{world.outsider.shop.connection_id}/ask-again"
    assert admin.refused(theirs) == (404, "unknown_connection")


def test_an_address_is_masked(world: World, mo: Operator) -> None:
    pickup_id = world.order("1", emails=("shopper@example.com",))
    page = mo.reads(f"/pickups/{pickup_id}")
    assert "s…@example.com" in page and "shopper@" not in page


def test_every_word_of_the_timeline_written_by_hand_is_known() -> None:
    assert {"taken_out_by_hand", "right_as_it_lies", "text_failed", "shopper_told"} <= set(WORDS)
