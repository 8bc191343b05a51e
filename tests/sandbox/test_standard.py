"""The pretend shop of our own schema: what it sends, and what it refuses to hear."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.standard.signing import refusal, signature
from tests.sandbox.running import STANDARD, Receiver, Running, receiver, running_sandbox, until


@pytest.fixture
def listener() -> Iterator[Receiver]:
    with receiver() as it:
        yield it


@pytest.fixture
def running(listener: Receiver) -> Iterator[Running]:
    with running_sandbox(standard_webhook_url=listener.url) as sandbox:
        sandbox.post("/standard/api/behaviour", {"retry_seconds": 0.01})
        yield sandbox


def place(running: Running) -> str:
    return str(running.post("/standard/api/orders", {"lines": [{"sku": "MUG-SLATE"}]})["id"])


def test_it_sends_the_whole_order_signed_and_again_until_it_is_thanked_for(
    running: Running, listener: Receiver
) -> None:
    listener.answers = [500, 302]
    order_id = place(running)
    got = listener.wait(lambda got: len(got) == 3)
    headers = [{name.lower(): value for name, value in each.headers.items()} for each in got]
    assert len({each["webhook-id"] for each in headers}) == 1
    for each, given in zip(got, headers, strict=True):
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        assert not refusal(STANDARD.signing_secret, *(given[name] for name in names), each.body, time.time())
        assert json.loads(each.body)["data"]["id"] == order_id
    statuses = until(lambda: (found := running.get("/standard/api/ledger")["sent"][0]["statuses"])[2:] and found)
    assert statuses == [500, 302, 200]


def test_it_sends_twice_and_loses_what_it_is_told_to(running: Running, listener: Receiver) -> None:
    running.post("/standard/api/behaviour", {"duplicate_webhooks": True, "drop_webhooks": 1})
    lost, sent = place(running), place(running)
    got = listener.wait(lambda got: len(got) == 2)
    assert {json.loads(each.body)["data"]["id"] for each in got} == {sent} != {lost}


def test_it_hears_signed_news_once_and_refuses_all_others(running: Running) -> None:
    unit_id = running.sandbox.standard.order(place(running))["units"][0]["id"]  # type: ignore[union-attr]
    body = json.dumps({"type": "pickup.ready", "data": {"unit_id": unit_id}}).encode()

    def tell(message_id: str, of: bytes, secret: str = STANDARD.signing_secret, age: int = 0) -> int:
        sent = int(time.time()) - age
        headers = {"webhook-id": message_id, "webhook-timestamp": str(sent)}
        headers["webhook-signature"] = signature(secret, message_id, sent, of)
        return requests.post(f"{running.url}/standard/news", data=of, headers=headers, timeout=10).status_code

    assert [tell("m1", body), tell("m1", body)] == [204, 204]
    assert tell("m2", body, secret="whsec_" + "A" * 44) == 400
    assert tell("m3", body, age=400) == 400
    assert tell("m4", body.replace(unit_id.encode(), b"another")) == 422
    assert [each["what"] for each in running.get("/standard/api/ledger")["told"]] == ["ready"]


def test_its_orders_are_for_whoever_has_its_token(running: Running) -> None:
    order_id = place(running)
    address = f"{running.url}/standard/orders/{order_id}"
    assert requests.get(address, timeout=10).status_code == 401
    token = {"Authorization": f"Bearer {STANDARD.access_token}"}
    assert requests.get(address, headers=token, timeout=10).json()["id"] == order_id
