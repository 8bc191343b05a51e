"""What the shop sends: signed, at least once, with eight retries, in no promised order."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import requests

from sandbox.behaviour import Behaviour
from sandbox.config import ShopConfig
from sandbox.later import Later
from sandbox.shop.rest_order import rest_order
from sandbox.shop.subscriptions import COMPLIANCE, Subscription, Subscriptions
from sandbox.shop.world import Order

RETRIES = 8
TIMEOUT = (1.0, 5.0)


@dataclass
class Sent:
    """One delivery and how it fared; `state` is waiting, delivered, dropped or given_up."""

    webhook_id: str
    topic: str
    order_id: str
    triggered_at: str
    uri: str = ""
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Webhooks:
    """Turns changes of orders into deliveries."""

    def __init__(self, config: ShopConfig, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour) -> None:
        self._config = config
        self.subscriptions = Subscriptions(config.webhook_url)
        self._now = now
        self._later = later
        self._behaviour = behaviour
        self._sent: list[Sent] = []
        self._lock = threading.Lock()
        self._sessions = threading.local()
        self._random = random.Random()

    def tell(self, topic: str, order: Order, body: dict[str, Any] | None = None, after: float = 0.0) -> None:
        """Send news of an order as it is at this moment, `after` seconds from now, to everybody who asked for it."""
        wanted = self.subscriptions.of(topic)
        if wanted:
            self._tell(topic, order.order_id, rest_order(order, self.names()) if body is None else body, wanted, after)

    def tell_app(self, topic: str, body: dict[str, Any]) -> None:
        """Send news of the shop itself: to its subscribers, compliance topics to the app's own address."""
        if topic not in COMPLIANCE:
            self._tell(topic, "", body, self.subscriptions.of(topic))
        elif self._config.app_webhook_url:
            self._tell(topic, "", body, [None])

    def names(self) -> dict[str, str]:
        """Location names by id."""
        return dict(self._config.locations)

    def _tell(
        self, topic: str, order_id: str, body: Any, wanted: Sequence[Subscription | None], after: float = 0.0
    ) -> None:
        raw = json.dumps(body, separators=(",", ":")).encode()
        triggered_at = self._now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        for subscription in wanted:
            uri = subscription.uri if subscription else self._config.app_webhook_url
            sent = Sent(str(uuid.uuid4()), topic, order_id, triggered_at, uri)
            with self._lock:
                self._sent.append(sent)
            if self._behaviour.spend("drop_webhooks"):
                sent.state = "dropped"
                continue
            for _ in range(2 if self._behaviour.get("duplicate_webhooks") else 1):
                wait = after + self._random.uniform(0, self._behaviour.get("shuffle_webhooks"))
                self._later.do(partial(self._deliver, sent, subscription, raw, 0), wait)

    def deliveries(self) -> list[dict[str, Any]]:
        """All deliveries, oldest first."""
        with self._lock:
            return [asdict(sent) for sent in self._sent]

    def headers(self, sent: Sent, body: bytes) -> dict[str, str]:
        """What Shopify writes above a body; a retry differs in nothing."""
        digest = hmac.new(self._config.client_secret.encode(), body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": sent.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": self._config.domain,
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": sent.webhook_id,
            "X-Shopify-Event-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{sent.order_id}/{sent.triggered_at[:19]}")),
            "X-Shopify-Triggered-At": sent.triggered_at,
        }

    def _deliver(self, sent: Sent, subscription: Subscription | None, body: bytes, attempt: int) -> None:
        started = time.monotonic()
        status = self._post(sent.uri, self.headers(sent, body), body)
        taken = round((time.monotonic() - started) * 1000)
        with self._lock:
            sent.attempts.append({"at": self._now().isoformat(), "status": status, "ms": taken})
            ok = 200 <= status < 300
            if ok:
                sent.state = "delivered"
            elif attempt == RETRIES and sent.state == "waiting":
                sent.state = "given_up"
            is_over = sent.state != "waiting"
        self.subscriptions.note(subscription, ok, is_retry=attempt > 0)
        if is_over:
            return
        wait = self._behaviour.get("retry_seconds") * 2**attempt
        self._later.do(lambda: self._deliver(sent, subscription, body, attempt + 1), wait)

    def _post(self, uri: str, headers: dict[str, str], body: bytes) -> int:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            self._sessions.session.trust_env = False
        try:
            response = self._sessions.session.post(
                uri, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            return int(response.status_code)
        except requests.RequestException:
            return 0
