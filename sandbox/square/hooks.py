"""The seller's webhook subscriptions, and what is sent to them: signed over the address and the body, tried again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.behaviour import Behaviour
from sandbox.later import Later

TOPICS = ("order.created", "order.updated", "order.fulfillment.updated", "oauth.authorization.revoked")
KEYS = {"order.created": "order_created", "order.updated": "order_updated"}
RETRIES = 8
_chance = random.SystemRandom()
_FIELDS = {"name", "enabled", "event_types", "notification_url", "api_version"}


class NotAllowed(Exception):
    """Why a subscription cannot be made; the text is what the API answers."""


class Hooks:
    """All subscriptions of one application. `merchant` and `key` are whose they are and what signs."""

    def __init__(
        self, merchant: str, key: str, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour
    ) -> None:
        self._merchant, self._key, self._now = merchant, key, now
        self._later, self._behaviour = later, behaviour
        self.all: dict[str, dict[str, Any]] = {}
        self.statuses: list[int] = []
        """What was answered to each attempt."""

    def put(self, wanted: Any, subscription_id: str = "") -> dict[str, Any]:
        """Make one, or change the one with this id. Raises NotAllowed."""
        if not isinstance(wanted, dict) or wanted.keys() - _FIELDS:
            raise NotAllowed("only name, enabled, event_types, notification_url and api_version are known")
        known = self.all.get(subscription_id, {"enabled": True})
        merged = known | wanted
        topics, parts = merged.get("event_types"), urlsplit(str(merged.get("notification_url")))
        if not isinstance(topics, list) or not topics or set(topics) - set(TOPICS):
            raise NotAllowed("event_types is invalid")
        # A seller that runs beside its sandbox has no certificate; the vendor takes https alone.
        if parts.scheme not in ("https", "http") or not parts.netloc:
            raise NotAllowed("notification_url must be an HTTPS URL")
        if not subscription_id:
            subscription_id = f"wbhk_{uuid.uuid4().hex}"
            merged |= {"id": subscription_id, "signature_key": self._key}
        self.all[subscription_id] = merged
        return merged

    def tell(self, topic: str, order: dict[str, Any], more: dict[str, Any]) -> None:
        """News of an order, to everybody who asked for it."""
        body = self.body(topic, order, more)
        for each in [one for one in self.all.values() if one["enabled"] and topic in one["event_types"]]:
            if self._behaviour.spend("drop_webhooks"):
                continue
            for _ in range(2 if self._behaviour.get("duplicate_webhooks") else 1):
                wait = _chance.uniform(0, self._behaviour.get("shuffle_webhooks"))
                url = each["notification_url"]
                self._later.do(lambda url=url: self._deliver(url, body, 0), wait)  # type: ignore[misc]

    def body(self, topic: str, order: dict[str, Any], more: dict[str, Any] | None = None) -> bytes:
        """What is sent; it holds no order, only that there is one."""
        kind = KEYS.get(topic, "order_fulfillment_updated")
        names = ("location_id", "state", "version", "created_at", "updated_at")
        thin = {"order_id": order["id"], **{name: order[name] for name in names}, **(more or {})}
        event = {
            "merchant_id": self._merchant,
            "type": topic,
            "event_id": str(uuid.uuid4()),
            "created_at": self._now().isoformat(),
            "data": {"type": kind, "id": order["id"], "object": {kind: thin}},
        }
        return json.dumps(event).encode()

    def headers(self, url: str, body: bytes) -> dict[str, str]:
        """What stands above a body sent to this address."""
        digest = hmac.new(self._key.encode(), url.encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "x-square-hmacsha256-signature": base64.b64encode(digest).decode(),
        }

    def test(self, subscription_id: str, topic: Any) -> dict[str, Any]:
        """Send a sample of this kind at once; what came of it. Raises NotAllowed."""
        subscription = self.all[subscription_id]
        if topic not in subscription["event_types"]:
            raise NotAllowed("event_type is not one of the subscription's")
        now = self._now().isoformat()
        sample = {"id": f"sample-{uuid.uuid4().hex}", "location_id": "SAMPLELOCATION", "state": "OPEN", "version": 1}
        body = self.body(topic, {**sample, "created_at": now, "updated_at": now})
        if self._behaviour.get("sample_merchant"):
            body = json.dumps({**json.loads(body), "merchant_id": "SAMPLEMERCHANT"}).encode()
        status = self._post(subscription["notification_url"], body)
        return {"id": str(uuid.uuid4()), "status_code": status, "payload": body.decode(), "created_at": now}

    def _deliver(self, url: str, body: bytes, attempt: int) -> None:
        status = self._post(url, body)
        self.statuses.append(status)
        if not 200 <= status < 300 and attempt < RETRIES:
            wait = self._behaviour.get("retry_seconds") * 2**attempt
            self._later.do(lambda: self._deliver(url, body, attempt + 1), wait)

    def _post(self, url: str, body: bytes) -> int:
        try:
            headers = self.headers(url, body)
            return requests.post(url, data=body, headers=headers, timeout=(1, 5), allow_redirects=False).status_code
        except requests.RequestException:
            return 0
