"""The webhook subscription we want: one for all topics, whose signature key Square makes up and we must be given; and
a test that Square sends to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from bopis.errors import PermanentFailure
from bopis.ports import Account, BadDelivery
from integrations.payloads import json_object
from integrations.square import schemas
from integrations.square.client import API_VERSION, SquareClient
from integrations.square.schemas import read, read_all
from integrations.square.webhooks import REVOKED, SECRETS

TOPICS = ("order.created", "order.updated", "order.fulfillment.updated", REVOKED)


def ensure(client: SquareClient, account: Account, callback_url: str) -> list[str]:
    """See to it that one live subscription sends TOPICS to this address; returns those it did not.

    Raises the three effect errors; PermanentFailure where it stands and its signature key is none we were given, since
    then every delivery is refused.
    """
    ours = next((each for each in _there(client, account) if each["url"] == callback_url), None)
    if ours is None:
        _create(client, account, callback_url)
        return list(TOPICS)
    missing = [topic for topic in TOPICS if not ours["is_enabled"] or topic not in ours["topics"]]
    if missing:
        wanted = {"enabled": True, "event_types": sorted({*ours["topics"], *TOPICS})}
        client.write("PUT", account, f"webhooks/subscriptions/{ours['id']}", {"subscription": wanted})
    elif ours["key"] and ours["key"] not in [account.secrets.get(name) for name in SECRETS]:
        raise PermanentFailure(
            "signature_key_missing",
            "Square signs with a key that was not typed in here: connect it again with that key",
        )
    return missing


def send_test(client: SquareClient, account: Account, callback_url: str) -> int | None:
    """Have Square send a sample of its own; the status our address answered it, 0 for none.

    None where the sample was another merchant's, so that the answer says nothing of us. Raises the three;
    PermanentFailure while there is no subscription. Source: developer.squareup.com, "Test webhook subscription".
    """
    ours = next((each for each in _there(client, account) if each["url"] == callback_url and each["is_enabled"]), None)
    if ours is None:
        raise PermanentFailure(
            "not_subscribed", "Square does not send to this address yet; that is set up within a quarter of an hour"
        )
    topic = next((topic for topic in TOPICS if topic in ours["topics"]), TOPICS[0])
    answer = client.write("POST", account, f"webhooks/subscriptions/{ours['id']}/test", {"event_type": topic})
    result = read(schemas.TestResult(), answer.get("subscription_test_result"), "test result")
    try:
        merchant = json_object(result["payload"].encode()).get("merchant_id", account.name)
    except BadDelivery:
        merchant = account.name
    return int(result["status"] or 0) if merchant == account.name else None


def _there(client: SquareClient, account: Account) -> Iterator[dict[str, Any]]:
    """Every subscription of the application; those at rest are listed when asked for alone."""
    params = {"include_disabled": "true"}
    while True:
        found = client.get(account, "webhooks/subscriptions", **params)
        yield from read_all(schemas.Subscription(), found, "subscriptions")
        if not found.get("cursor"):
            return
        params |= {"cursor": str(found["cursor"])}


def _create(client: SquareClient, account: Account, callback_url: str) -> None:
    wanted = {
        "name": "Pickup lockers",
        "enabled": True,
        "event_types": list(TOPICS),
        "notification_url": callback_url,
        "api_version": API_VERSION,
    }
    # Every look begins with what is there, so that a lost answer makes no second one.
    body = {"idempotency_key": str(uuid.uuid4()), "subscription": wanted}
    client.write("POST", account, "webhooks/subscriptions", body)
