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
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from sandbox.behaviour import Behaviour
from sandbox.config import ShopConfig
from sandbox.later import Later
from sandbox.shop.rest_order import rest_order
from sandbox.shop.world import Order

TOPICS = frozenset({"orders/create", "orders/paid", "orders/updated", "orders/cancelled"})
RETRIES = 8
TIMEOUT = (1.0, 5.0)


@dataclass
class Sent:
    """One delivery and how it fared; `state` is waiting, delivered, dropped or given_up."""

    webhook_id: str
    topic: str
    order_id: str
    triggered_at: str
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Webhooks:
    """Turns changes of orders into deliveries."""

    def __init__(self, config: ShopConfig, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour) -> None:
        self._config = config
        self._now = now
        self._later = later
        self._behaviour = behaviour
        self._sent: list[Sent] = []
        self._lock = threading.Lock()
        self._sessions = threading.local()
        self._random = random.Random()

    def tell(self, topic: str, order: Order) -> None:
        """Send news of an order as it is at this moment, if there is somebody to send it to."""
        if topic not in TOPICS or not self._config.webhook_url:
            return
        body = json.dumps(rest_order(order, dict(self._config.locations)), separators=(",", ":")).encode()
        triggered_at = self._now().strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        sent = Sent(str(uuid.uuid4()), topic, order.order_id, triggered_at)
        with self._lock:
            self._sent.append(sent)
        if self._behaviour.spend("drop_webhooks"):
            sent.state = "dropped"
            return
        for _ in range(2 if self._behaviour.get("duplicate_webhooks") else 1):
            wait = self._random.uniform(0, self._behaviour.get("shuffle_webhooks"))
            self._later.do(lambda: self._deliver(sent, body, 0), wait)

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

    def _deliver(self, sent: Sent, body: bytes, attempt: int) -> None:
        started = time.monotonic()
        status = self._post(self.headers(sent, body), body)
        taken = round((time.monotonic() - started) * 1000)
        with self._lock:
            sent.attempts.append({"at": self._now().isoformat(), "status": status, "ms": taken})
            if 200 <= status < 300:
                sent.state = "delivered"
            elif attempt == RETRIES and sent.state == "waiting":
                sent.state = "given_up"
            if sent.state != "waiting":
                return
        wait = self._behaviour.get("retry_seconds") * 2**attempt
        self._later.do(lambda: self._deliver(sent, body, attempt + 1), wait)

    def _post(self, headers: dict[str, str], body: bytes) -> int:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            self._sessions.session.trust_env = False
        try:
            response = self._sessions.session.post(
                self._config.webhook_url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            return int(response.status_code)
        except requests.RequestException:
            return 0
