"""What a shop of our own schema may do to us: late, twice, shuffled, badly, slowly, and with lies."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import Account, BadDelivery, BadSignature
from integrations.public import PublicCaller
from integrations.signatures import sign
from integrations.standard import StandardPlatform
from tests.sandbox.running import STANDARD, Running, running_sandbox

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def account(**settings: str) -> Account:
    secrets = {"signing_secret": STANDARD.signing_secret, "access_token": STANDARD.access_token}
    return Account("c1", "standard", "till", secrets, settings)


def order(**fields: Any) -> dict[str, Any]:
    line = {"id": "1", "sku": "MUG", "quantity": 1}
    units = [{"location": {"id": "1001"}, "lines": [line]}]
    return {"id": "W-1", "updated_at": "2026-11-22T09:00:00Z", "paid": True, "units": units, **fields}


def event(of: Mapping[str, Any], kind: str = "order.updated") -> bytes:
    return json.dumps({"type": kind, "data": of}).encode()


def only_sends(*bodies: bytes) -> StandardPlatform:
    """A platform whose shop sent these, the last one first."""
    return StandardPlatform(lambda connection_id, order_id: bodies, lambda: NOW, PublicCaller())


def test_of_all_that_was_sent_the_version_changed_last_counts_however_it_was_shuffled() -> None:
    versions = [event(order(updated_at=f"2026-11-22T09:00:00.{n:03d}Z", name=f"v{n}")) for n in range(100)]
    for seed in range(5):
        random.Random(seed).shuffle(versions)
        found = only_sends(*versions).fetch_order(account(), "W-1")
        assert found is not None
        assert found.name == "v99"


def test_of_two_versions_of_one_moment_the_one_that_came_last_counts() -> None:
    found = only_sends(event(order(paid=True)), event(order(paid=False))).fetch_order(account(), "W-1")
    assert found is not None
    assert found.paid


def test_a_version_nobody_can_read_is_passed_over() -> None:
    found = only_sends(b"nonsense", event(order(units="none")), event(order())).fetch_order(account(), "W-1")
    assert found is not None


def test_an_order_of_which_nothing_is_kept_is_not_taken_for_deleted() -> None:
    with pytest.raises(PermanentFailure, match="nothing_kept"):
        only_sends().fetch_order(account(), "W-1")


def test_a_cancellation_needs_no_time_of_its_own() -> None:
    found = only_sends(event(order(), "order.cancelled")).fetch_order(account(), "W-1")
    assert found is not None
    assert found.cancelled_at == dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"paid": "perhaps"}, "data.paid: "),
        ({"updated_at": "2026-11-22T09:00:00"}, "data.updated_at: Is a time with its offset"),
        ({"updated_at": "2026-11-22T11:30:00Z"}, "data.updated_at: Lies in the future"),
        ({"id": None}, "data.id: "),
        ({"id": ""}, "data.id: Is 1 to 100 printable"),
        ({"units": [{"lines": []}]}, "data.units[0].location: Is needed to pick up."),
        ({"units": [{"method": "other", "lines": [{"id": 1}]}]}, "data.units[0].lines[0].quantity: Missing"),
        ({"units": [{"method": "other", "lines": []}] * 2}, "data.units[0].id: Is needed where"),
        ({"units": [{"id": 1, "method": "other", "lines": []}] * 2}, "data.units: Two units have the same id."),
        ({"total": {"amount": "12,50", "currency": "EUR"}}, "data.total.amount: Is a decimal text"),
    ],
)
def test_a_malformed_order_is_refused_with_the_place_and_without_the_value(wrong: dict[str, Any], said: str) -> None:
    body = event(order(**wrong, customer={"phone": "+12015550123"}))
    platform = only_sends()
    delivery = platform.verify(sign([STANDARD.signing_secret], "m1", NOW, body), body, account())
    with pytest.raises(BadDelivery) as refused:
        platform.order_of(delivery, body)
    assert str(refused.value).startswith(said)
    assert "5550123" not in str(refused.value)


def test_what_it_tells_us_of_is_no_order_of_ours() -> None:
    body = json.dumps({"type": "pickup.ready", "data": {"unit_id": "1"}}).encode()
    platform = only_sends()
    delivery = platform.verify(sign([STANDARD.signing_secret], "m1", NOW, body), body, account())
    with pytest.raises(BadDelivery, match="type"):
        platform.order_of(delivery, body)


def test_the_secret_that_is_being_replaced_proves_a_message_too() -> None:
    both = Account(
        "c1", "standard", "till", {"signing_secret": STANDARD.signing_secret, "previous_signing_secret": OLD}, {}
    )
    body = event(order())
    headers = sign([OLD], "m1", NOW, body)
    assert only_sends().verify(headers, body, both).subject == "W-1"
    with pytest.raises(BadSignature):
        only_sends().verify(headers, body, account())
    with pytest.raises(BadSignature):
        only_sends().verify_for_app(headers, body)


@pytest.fixture
def running() -> Iterator[Running]:
    with running_sandbox(now=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def asked(running: Running) -> tuple[StandardPlatform, Account]:
    """A shop that answers us, and how to ask it."""
    platform = StandardPlatform(lambda *_: (), lambda: NOW, PublicCaller(private=True, whole_seconds=1.0))
    ways = {"orders_url": f"{running.url}/standard/orders", "callback_url": f"{running.url}/standard/news"}
    return platform, account(**ways)


def place(running: Running) -> dict[str, Any]:
    placed: dict[str, Any] = running.post("/standard/api/orders", {"lines": [{"sku": "MUG-SLATE"}]})
    return placed


def behave(running: Running, **how: Any) -> None:
    running.post("/standard/api/behaviour", {"reset": True, **how})


def test_an_order_is_asked_for_where_the_shop_answers(
    running: Running, asked: tuple[StandardPlatform, Account]
) -> None:
    platform, shop = asked
    found = platform.fetch_order(shop, place(running)["id"])
    assert found is not None
    assert [unit.lines[0].sku for unit in found.units] == ["MUG-SLATE"]
    assert platform.fetch_order(shop, "W-none") is None


def test_a_long_list_of_changes_is_read_page_by_page(running: Running, asked: tuple[StandardPlatform, Account]) -> None:
    platform, shop = asked
    ids = [place(running)["id"] for _ in range(60)]
    assert sorted(order_id for order_id, _ in platform.changed_since(shop, NOW - dt.timedelta(hours=1))) == sorted(ids)


@pytest.mark.parametrize(
    ("how", "kind", "code"),
    [
        ({"down": True}, TemporaryFailure, "platform_down"),
        ({"throttled": 1}, TemporaryFailure, "throttled"),
        ({"slow": 3.0}, TemporaryFailure, "not_reached"),
        ({"refuses_us": True}, PermanentFailure, "token_revoked"),
        ({"redirects": True}, PermanentFailure, "redirected"),
        ({"lies": True}, PermanentFailure, "unexpected_answer"),
    ],
)
def test_a_shop_that_misbehaves_is_told_from_one_that_has_no_such_order(
    running: Running, asked: tuple[StandardPlatform, Account], how: dict[str, Any], kind: Any, code: str
) -> None:
    platform, shop = asked
    placed = place(running)
    behave(running, **how)
    with pytest.raises(kind, match=code):
        platform.fetch_order(shop, placed["id"])


def test_an_answer_that_got_lost_is_no_second_word(running: Running, asked: tuple[StandardPlatform, Account]) -> None:
    platform, shop = asked
    unit_id = place(running)["units"][0]["id"]
    behave(running, lost_answers=1)
    with pytest.raises(TemporaryFailure):
        platform.mark_ready(shop, unit_id)
    platform.mark_ready(shop, unit_id)
    platform.mark_collected(shop, unit_id)
    ledger = running.get("/standard/api/ledger")
    assert ([each["what"] for each in ledger["told"]], ledger["refused"]) == (["ready", "collected"], [])


def test_a_shop_that_wants_to_hear_nothing_is_told_nothing(running: Running) -> None:
    only_sends().mark_ready(account(), "unit")
    assert running.get("/standard/api/ledger")["told"] == []
