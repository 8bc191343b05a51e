"""Both boxes, and dead letters brought back."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis import clock, inbox, tasks
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.ports import Account, Delivery
from tests.bopis.web.operator import Operator
from tests.world import World


@pytest.fixture
def mo(web: Flask) -> Operator:
    return Operator(web)


def delivery(world: World, name: str, shop: Account | None = None, state: str = "waiting") -> str:
    """A delivery in the inbox; returns its id."""
    with world.database.transaction() as session:
        news = Delivery(name, f"orders/{name}", "1", None)
        inbox.store(session, shop or world.shop, news, name.encode(), clock.now())
        found = session.scalars(select(InboxEntry).where(InboxEntry.delivery_id == name)).one()
        found.state, found.outcome, found.attempts = state, "no store" if state == "dead" else "", 12
        if state == "dead":
            tasks.ask(
                session,
                "delivery_failed",
                found.id,
                merchant_id=world.merchant_id,
                store_id=None,
                reason="Look.",
                now=clock.now(),
            )
        return found.id


def dead_effects(world: World, of: World) -> list[str]:
    """Everything this merchant asked of the world, given up; returns the ids."""
    of.ready()
    with world.database.transaction() as session:
        ids = list(session.scalars(select(OutboxEntry.id)))
        session.execute(update(OutboxEntry).values(state="dead", outcome="refused"))
    return ids


def states(world: World, box: type[InboxEntry] | type[OutboxEntry]) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(box.state)))


def test_deliveries_are_listed_by_state(world: World, mo: Operator) -> None:
    delivery(world, "create"), delivery(world, "paid", state="dead"), delivery(world, "edited", state="done")
    page = mo.reads("/deliveries")
    assert page.index("orders/edited") < page.index("orders/paid") < page.index("orders/create")
    dead = mo.reads("/deliveries?state=dead")
    assert "no store" in dead
    assert "orders/create" not in dead


def test_a_dead_delivery_is_tried_again_and_its_task_is_over(world: World, mo: Operator) -> None:
    entry = delivery(world, "paid", state="dead")
    mo.does(f"/deliveries/{entry}/replay")
    assert states(world, InboxEntry) == {"waiting"}
    assert mo.state()["tasks"] == 0
    assert mo.refused(f"/deliveries/{entry}/replay") == (404, "not_a_dead_letter")


def test_its_task_offers_the_same(world: World, mo: Operator) -> None:
    delivery(world, "paid", state="dead")
    ((row,),) = [group["rows"] for group in mo.state()["groups"]]
    mo.does(f"/tasks/{row['id']}/settle")
    assert states(world, InboxEntry) == {"waiting"}


def test_effects_are_listed_with_their_order_and_tried_again(world: World, mo: Operator) -> None:
    entry, *others = dead_effects(world, world)
    page = mo.reads("/effects?state=dead")
    assert "Text the shopper" in page
    assert "#1</a>" in page
    mo.does(f"/effects/{entry}/replay")
    assert states(world, OutboxEntry) == {"waiting", "dead"}
    assert others


def test_all_are_tried_again_at_once_and_only_ones_own(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    dead_effects(world, world)
    delivery(world, "paid", state="dead"), delivery(world, "theirs", world.outsider.shop, "dead")
    assert mo.post("/dead-letters/replay").get_json()["replayed"] == 4
    assert states(world, OutboxEntry) == {"waiting"}
    assert states(world, InboxEntry) == {"waiting", "dead"}


def test_another_merchants_boxes_are_not_shown(world: World, mo: Operator) -> None:
    assert world.outsider is not None
    theirs = delivery(world, "theirs", world.outsider.shop, "dead")
    effect = dead_effects(world, world.outsider)[0]
    assert "orders/theirs" not in mo.reads("/deliveries")
    assert "Text the shopper" not in mo.reads("/effects")
    assert mo.refused(f"/deliveries/{theirs}/replay") == (404, "not_a_dead_letter")
    assert mo.refused(f"/effects/{effect}/replay") == (404, "not_a_dead_letter")
    assert mo.state()["numbers"]["dead_effects"] == 0


@pytest.mark.parametrize("path", ["/deliveries", "/effects"])
def test_empty_boxes_say_so(mo: Operator, path: str) -> None:
    assert "yet." in mo.reads(path)
    assert "No dead letters." in mo.reads(f"{path}?state=dead")
