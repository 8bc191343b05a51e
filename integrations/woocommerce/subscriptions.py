"""The webhooks we want, and what is done when one is missing or off: a shop disables one after a few failures."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.woocommerce import schemas
from integrations.woocommerce.client import RestClient

TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")
_MOST_PAGES = 20


def ensure(client: RestClient, account: Account, callback_url: str) -> list[str]:
    """Have every one of TOPICS sent to this address, signed with our secret; returns those that were not.

    Raises TemporaryFailure or PermanentFailure. A secret cannot be read back, so the webhook's name says which it has.
    """
    secret = account.secrets.get("webhook_secret", "")
    if not secret:
        raise PermanentFailure("no_webhook_secret", "the connection has no secret for its webhooks: connect it again")
    there = [each for each in _all(client, account) if each["url"] == callback_url]
    mended = []
    for topic in TOPICS:
        wanted = {"name": _name(topic, account), "status": "active", "secret": secret}
        mine = [each for each in there if each["topic"] == topic]
        if any(each["status"] == "active" and each["name"] == wanted["name"] for each in mine):
            continue
        if mine:
            client.put(account, f"webhooks/{mine[0]['id']}", wanted)
        else:
            _create(client, account, {**wanted, "topic": topic, "delivery_url": callback_url})
        mended.append(topic)
    return mended


def _all(client: RestClient, account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(1, _MOST_PAGES + 1):
        page = client.page(account, "webhooks", number)
        found += [schemas.read(schemas.Webhook(), each, "webhook") for each in page.items]
        if page.is_last:
            break
    return found


def _create(client: RestClient, account: Account, wanted: dict[str, str]) -> None:
    try:
        client.post(account, "webhooks", wanted)
    except OutcomeUnknown as problem:
        # One that was made after all is found by the next look.
        raise TemporaryFailure(problem.code, problem.message) from None


def _name(topic: str, account: Account) -> str:
    """Keyed, so that the name tells nobody anything of the secret."""
    key = account.secrets.get("consumer_secret", "").encode()
    mark = hmac.digest(key, account.secrets["webhook_secret"].encode(), hashlib.sha256).hex()[:8]
    return f"Lockers {topic} {mark}"
