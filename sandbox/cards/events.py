"""What the processor tells: signed, at least once, in no promised order, tried again when nobody takes it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.behaviour import Behaviour
from sandbox.config import CardsConfig
from sandbox.later import Later

RETRIES = 5
TIMEOUT = (1.0, 5.0)


@dataclass
class Sent:
    """One event and how it fared."""

    event_id: str
    topic: str
    body: bytes
    answers: list[int] = field(default_factory=list)


class Events:
    """Turns what happens to payments into deliveries."""

    def __init__(self, config: CardsConfig, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour) -> None:
        self._config = config
        self._now = now
        self._later = later
        self._behaviour = behaviour
        self._random = random.Random()
        self._lock = threading.Lock()
        self._count = 0
        self.sent: list[Sent] = []

    def tell(self, topic: str, about: dict[str, Any]) -> None:
        """Send news of an object as it is at this moment."""
        with self._lock:
            self._count += 1
            number = self._count
        event = {
            "id": f"evt_sandbox{number:06d}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(self._now().timestamp()),
            "type": topic,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": about},
        }
        sent = Sent(str(event["id"]), topic, json.dumps(event, indent=2).encode())
        with self._lock:
            self.sent.append(sent)
        if not self._config.webhook_url or self._behaviour.spend("drop_events"):
            return
        for _ in range(2 if self._behaviour.get("duplicate_events") else 1):
            wait = self._random.uniform(0, self._behaviour.get("shuffle_events"))
            self._later.do(lambda: self._deliver(sent, 0), wait)

    def signature(self, body: bytes) -> str:
        """Stripe-Signature as of now: HMAC-SHA256 over the time and the raw body, with the whole secret as the key."""
        sent_at = int(self._now().timestamp())
        signed = f"{sent_at}.".encode() + body
        mac = hmac.new(self._config.webhook_secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"t={sent_at},v1={mac},v0={'0' * 64}"

    def _deliver(self, sent: Sent, attempt: int) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": self.signature(sent.body)}
        try:
            answer = requests.post(
                self._config.webhook_url, data=sent.body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ).status_code
        except requests.RequestException:
            answer = 0
        with self._lock:
            sent.answers.append(answer)
        if not 200 <= answer < 300 and attempt < RETRIES:
            wait = self._behaviour.get("retry_seconds") * 2**attempt
            self._later.do(lambda: self._deliver(sent, attempt + 1), wait)
