"""Orders sent through the API, in the schema that any other shop speaks."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from bopis import clock
from bopis.ids import new_id
from bopis.inbox import InboxEntry, body_of
from bopis.merchants.models import Connection
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


@pytest.fixture
def till(world: World) -> str:
    """A connection of the kind that sends its orders here."""
    return connection(world, "Tills")


def connection(world: World, name: str) -> str:
    with world.database.transaction() as session:
        made = Connection(
            id=new_id(),
            merchant_id=world.merchant_id,
            vendor="standard",
            account_name=name,
            settings={},
            created_at=clock.now(),
        )
        made.keep_secrets({})
        session.add(made)
    return made.id


def order(**changes: Any) -> dict[str, Any]:
    unit = {"location": {"id": "1"}, "lines": [{"id": "1", "title": "Mug", "quantity": 1}]}
    return {"id": "T-1", "updated_at": clock.now().isoformat(), "paid": True, "units": [unit]} | changes


def taken(world: World) -> list[tuple[str, str]]:
    with world.database.reading() as session:
        return [(entry.subject, body_of(entry).decode()) for entry in session.scalars(select(InboxEntry))]


def test_an_order_is_taken_in_to_be_worked_off(world: World, developer: Developer, till: str) -> None:
    answer = developer.post("/orders", order(name="#T1"))

    assert answer.status_code == 202
    assert answer.get_json() == {"connection_id": till, "order_id": "T-1", "known": False}
    ((subject, body),) = taken(world)
    assert subject == "T-1" and '"name":"#T1"' in body


def test_the_same_words_are_taken_in_once(world: World, developer: Developer, till: str) -> None:
    sent = order()
    developer.post("/orders", sent)

    assert developer.post("/orders", sent).get_json()["known"] is True
    assert len(taken(world)) == 1


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"paid": "yes"}, "/paid"),
        ({"units": [{"location": {"id": "1"}, "lines": [{"id": "1", "quantity": 0}]}]}, "/units/0/lines/0/quantity"),
        ({"updated_at": "2090-01-01T00:00:00Z"}, "/updated_at"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "\ud800"}, "/name"),
    ],
)
def test_an_order_that_cannot_be_right_is_refused_with_where(
    world: World, developer: Developer, till: str, changes: dict[str, Any], at: str
) -> None:
    answer = developer.post("/orders", order(**changes))

    assert refusal(answer) == (400, "bad_field")
    assert [each["at"] for each in answer.get_json()["errors"]] == [at]
    assert taken(world) == []


def test_of_several_connections_one_is_named(world: World, developer: Developer, till: str) -> None:
    second = connection(world, "Second till")

    assert refusal(developer.post("/orders", order())) == (409, "which_connection")
    answer = developer.post(f"/orders?connection_id={second}", order())
    assert answer.get_json()["connection_id"] == second


def test_a_connection_of_another_kind_or_merchant_takes_no_orders(
    world: World, developer: Developer, stranger: Developer, till: str
) -> None:
    assert refusal(developer.post(f"/orders?connection_id={world.shop.connection_id}", order())) == (404, "not_found")
    assert refusal(stranger.post("/orders", order())) == (404, "not_found")
    assert refusal(stranger.post(f"/orders?connection_id={till}", order())) == (404, "not_found")
    assert taken(world) == []


def test_a_key_bound_to_one_store_sends_no_orders(web: Flask, world: World, till: str) -> None:
    bound = Developer(web, world, store_id=world.store_id)
    assert refusal(bound.post("/orders", order())) == (403, "store_key")


def test_an_order_that_is_too_large_is_refused(world: World, developer: Developer, till: str) -> None:
    answer = developer.post("/orders", order(note="x" * 300_000))
    assert refusal(answer) == (413, "too_large")
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InboxEntry)) == 0
