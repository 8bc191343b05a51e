"""A receipt remembers accounts for a moment: whose secret counts meanwhile, and what its line in the log says."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from sqlalchemy import event

from bopis import clock, sealing
from bopis.inbox import InboxEntry
from bopis.merchants import accounts
from bopis.merchants.models import Connection
from bopis.web.requests import log
from tests.webhooks.door import Door, order_body
from tests.world import SECRET_KEY


@pytest.fixture
def keyed(door: Door) -> Door:
    """The shop's deliveries are signed with a secret of its own, `first`."""
    rotate(door, "first")
    return door


def rotate(door: Door, secret: str) -> None:
    with door.service.database.transaction() as session:
        connection = session.get_one(Connection, door.world.shop.connection_id)
        connection.keep_secrets({"store_webhook_key": secret})


def later(monkeypatch: pytest.MonkeyPatch, by: dt.timedelta) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + by)


def deliver(door: Door, number: int, secret: str) -> int:
    return door.deliver(order_body(str(number)), delivery=f"d{number}", secret=secret).status_code


def test_an_account_is_looked_up_once_for_many_deliveries(keyed: Door) -> None:
    asked: list[str] = []
    engine = keyed.service.database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert [deliver(keyed, number, "first") for number in range(1, 6)] == [202] * 5
    assert len([statement for statement in asked if "connections" in statement]) == 1


def test_a_new_secret_works_at_once_and_ends_the_old_one(keyed: Door) -> None:
    assert deliver(keyed, 1, "first") == 202
    rotate(keyed, "second")
    assert deliver(keyed, 2, "second") == 202
    assert deliver(keyed, 3, "first") == 401


def test_a_secret_that_was_taken_back_counts_for_five_seconds_at_most(
    keyed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deliver(keyed, 1, "first") == 202
    rotate(keyed, "second")
    later(monkeypatch, accounts.REMEMBERED)
    assert deliver(keyed, 2, "first") == 401
    assert keyed.count(InboxEntry) == 1


def test_a_service_without_its_keys_asks_the_shop_to_come_again_and_loses_nothing(keyed: Door) -> None:
    sealing.use_keys((b"another key of thirty-two bytes!",))
    answer = keyed.deliver(order_body("1"), delivery="d1", secret="first")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "cannot_be_opened")
    sealing.use_keys((SECRET_KEY,))
    assert deliver(keyed, 1, "first") == 202


def test_a_clock_set_back_makes_no_memory_last_longer(keyed: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert deliver(keyed, 1, "first") == 202
    rotate(keyed, "second")
    later(monkeypatch, -dt.timedelta(hours=1))
    assert deliver(keyed, 2, "first") == 401


def test_a_connection_that_was_unknown_a_moment_ago_is_known_once_it_exists(keyed: Door) -> None:
    there = f"/webhooks/shopify/{keyed.world.shop.connection_id}"
    with keyed.service.database.transaction() as session:
        session.get_one(Connection, keyed.world.shop.connection_id).vendor = "another"
    assert keyed.client.post(there, data=b"{}").status_code == 404
    with keyed.service.database.transaction() as session:
        session.get_one(Connection, keyed.world.shop.connection_id).vendor = "shopify"
    assert deliver(keyed, 1, "first") == 202


def test_no_more_accounts_are_remembered_than_there_is_room_for(keyed: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MOST", 1)
    found = accounts.Accounts(keyed.service.database)
    shop, phone = keyed.world.shop.connection_id, keyed.world.phone.connection_id
    for vendor, connection_id in (("shopify", shop), ("twilio", phone), ("shopify", shop)):
        assert next(found.versions(vendor, connection_id)).connection_id == connection_id
    assert len(found._kept) == 1


def test_a_deliverys_line_leads_to_it_and_says_its_topic(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, log.name):
        door.deliver(order_body("1"))
        door.deliver(order_body("1"))
    stored, known = [record.about for record in caplog.records if record.name == log.name]  # type: ignore[attr-defined]
    assert (stored["delivery"], stored["topic"], stored["status"]) == (door.entry().id, "orders/paid", 202)
    assert (known.get("delivery"), known["topic"], known["status"]) == (None, "orders/paid", 200)
