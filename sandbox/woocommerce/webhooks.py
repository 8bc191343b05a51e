"""What the shop sends: signed, once, in no promised order, as an order is when it is sent. Nothing is tried again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests

from sandbox.behaviour import Behaviour
from sandbox.later import Later
from sandbox.woocommerce.orders import SITE_ZONE

TOPICS = tuple(
    f"{resource}.{event}"
    for resource in ("coupon", "customer", "order", "product")
    for event in ("created", "updated", "deleted", "restored")
)
MOST_FAILURES = 5
_TIMEOUT = (1.0, 10.0)
_AGENT = "WooCommerce/10.3.0 Hookshot (WordPress/6.8.1)"


@dataclass
class Webhook:
    webhook_id: int
    name: str
    topic: str
    delivery_url: str
    secret: str = field(repr=False)
    created_at: dt.datetime
    status: str = "active"
    failures: int = 0

    def body(self) -> dict[str, Any]:
        """As its list carries it; the secret is in none."""
        resource, _, event = self.topic.partition(".")
        at = self.created_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        local = self.created_at.astimezone(SITE_ZONE).strftime("%Y-%m-%dT%H:%M:%S")
        return {
            "id": self.webhook_id,
            "name": self.name,
            "status": self.status,
            "topic": self.topic,
            "resource": resource,
            "event": event,
            "hooks": [],
            "delivery_url": self.delivery_url,
            "date_created": local,
            "date_created_gmt": at,
            "date_modified": local,
            "date_modified_gmt": at,
        }


class Webhooks:
    """All of the shop's, and what became of each delivery."""

    def __init__(self, site: str, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour) -> None:
        self.all: dict[int, Webhook] = {}
        self.sent: list[dict[str, Any]] = []
        self.pings: list[int] = []
        """The status each ping was answered with."""
        self._site, self._now, self._later, self._behaviour = site, now, later, behaviour
        self._ids = itertools.count(11)
        self._lock = threading.Lock()
        self._random = random.Random()

    def create(self, name: str, topic: str, delivery_url: str, secret: str) -> Webhook:
        """One more, active; its address is pinged and the answer ignored, as the API does."""
        with self._lock:
            made = Webhook(next(self._ids), name, topic, delivery_url, secret, self._now())
            self.all[made.webhook_id] = made
        self.pings.append(self._post(delivery_url, f"webhook_id={made.webhook_id}".encode(), {}))
        return made

    def tell(self, topic: str, order_id: int, build: Callable[[], dict[str, Any] | None]) -> None:
        """Send news to everybody who asked for it; `build` makes the body when it is sent, None for nothing."""
        for webhook in [each for each in self.all.values() if (each.topic, each.status) == (topic, "active")]:
            if self._behaviour.spend("drop_webhooks"):
                continue
            for _ in range(2 if self._behaviour.get("duplicate_webhooks") else 1):
                wait = self._random.uniform(0, self._behaviour.get("shuffle_webhooks"))
                self._later.do(partial(self._deliver, webhook, order_id, build), wait)

    def signed(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        """What stands above a body."""
        digest = hmac.new(webhook.secret.encode(), body, hashlib.sha256).digest()
        second = self._now().replace(microsecond=0).isoformat()
        resource, _, event = webhook.topic.partition(".")
        return {
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            "X-WC-Webhook-Source": f"{self._site}/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(webhook.webhook_id),
            "X-WC-Webhook-Delivery-ID": hashlib.md5(f"{webhook.webhook_id}{second}".encode()).hexdigest(),  # noqa: S324
        }

    def _deliver(self, webhook: Webhook, order_id: int, build: Callable[[], dict[str, Any] | None]) -> None:
        payload = build()
        if payload is None:
            return
        body = json.dumps(payload, separators=(",", ":")).encode()
        status = self._post(webhook.delivery_url, body, self.signed(webhook, body))
        with self._lock:
            if 200 <= status < 303:
                webhook.failures = 0
            elif webhook.failures > MOST_FAILURES:  # looked at before it is counted, so the seventh switches it off
                webhook.status = "disabled"
            else:
                webhook.failures += 1
            entry = {"topic": webhook.topic, "order_id": order_id, "status": status, "at": self._now().isoformat()}
            self.sent.append(entry)

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        given = headers or {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": _AGENT}
        try:
            with requests.Session() as session:
                session.trust_env = False
                return session.post(url, data=body, headers=given, timeout=_TIMEOUT, allow_redirects=False).status_code
        except requests.RequestException:
            return 0
