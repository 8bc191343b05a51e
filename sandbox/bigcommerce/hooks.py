"""The store's webhooks: thin bodies, signed, tried again, deactivated when every try failed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import itertools
import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.behaviour import Behaviour
from sandbox.later import Later

SCOPES = {
    f"store/order/{what}"
    for what in ("*", "created", "updated", "archived", "statusUpdated", "message/created", "refund/created")
}
SCOPES |= {"store/order/transaction/created", "store/order/transaction/updated", "store/app/uninstalled"}
SCOPES |= {f"store/shipment/{what}" for what in ("*", "created", "updated", "deleted")}
RETRIES = 11
_chance = random.SystemRandom()
MOST_OF_A_SCOPE = 10


class NotAllowed(Exception):
    """Why a webhook cannot be made; the text is what the API answers."""


@dataclass
class Hook:
    hook_id: int
    scope: str
    destination: str
    is_active: bool
    at: int


@dataclass
class Sent:
    """One delivery and how it fared."""

    webhook_id: str
    scope: str
    statuses: list[int] = field(default_factory=list)


class Hooks:
    """All webhooks of one API account in one store."""

    def __init__(
        self, store_hash: str, secret: str, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour
    ) -> None:
        self._producer, self._secret = f"stores/{store_hash}", secret
        self._now, self._later, self._behaviour = now, later, behaviour
        self._ids = itertools.count(18048287)
        self._lock = threading.Lock()
        self.all: dict[int, Hook] = {}
        self.sent: list[Sent] = []

    def check(self, wanted: Any) -> None:
        """Raises NotAllowed for what the vendor would not take."""
        if not isinstance(wanted, dict) or wanted.keys() - {"scope", "destination", "is_active", "headers"}:
            raise NotAllowed("only scope, destination, is_active and headers are known")
        if wanted.get("scope") not in SCOPES:
            raise NotAllowed("The scope is invalid.")
        if not isinstance(wanted.get("is_active", True), bool):
            raise NotAllowed("is_active is a boolean.")
        parts = urlsplit(str(wanted.get("destination")))
        # A shop that runs beside its sandbox has no certificate; the vendor takes https at its usual port alone.
        if not parts.netloc or parts.scheme not in ("https", "http") or (parts.scheme == "https" and parts.port):
            raise NotAllowed("The destination must be an https URL served on port 443.")

    def add(self, wanted: dict[str, Any]) -> Hook:
        """A new webhook. Raises NotAllowed."""
        self.check(wanted)
        with self._lock:
            same = [hook for hook in self.all.values() if hook.scope == wanted["scope"]]
            if any(hook.destination == wanted["destination"] for hook in same) or len(same) >= MOST_OF_A_SCOPE:
                raise NotAllowed("A webhook with this scope and destination exists, or there are ten of the scope.")
            made = Hook(
                next(self._ids),
                wanted["scope"],
                wanted["destination"],
                wanted.get("is_active", True),
                int(self._now().timestamp()),
            )
            self.all[made.hook_id] = made
            return made

    def tell(self, scope: str, data: dict[str, Any]) -> None:
        """News, to every live webhook of its scope."""
        body = self.body(scope, data)
        wildcard = "/".join(scope.split("/")[:2]) + "/*"
        with self._lock:
            wanted = [hook for hook in self.all.values() if hook.is_active and hook.scope in (scope, wildcard)]
        for hook in wanted:
            sent = Sent(str(uuid.uuid4()), scope)
            self.sent.append(sent)
            if self._behaviour.spend("drop_webhooks"):
                continue
            for _ in range(2 if self._behaviour.get("duplicate_webhooks") else 1):
                wait = _chance.uniform(0, self._behaviour.get("shuffle_webhooks"))
                self._later.do(lambda hook=hook, sent=sent: self._deliver(hook, sent, body, 0), wait)  # type: ignore[misc]

    def body(self, scope: str, data: dict[str, Any]) -> bytes:
        """What is sent; the same event has the same hash."""
        at = int(self._now().timestamp())
        digest = hashlib.sha1(json.dumps([scope, data, at]).encode(), usedforsecurity=False).hexdigest()
        news = {"scope": scope, "store_id": "1025646", "data": data, "hash": digest, "created_at": at}
        return json.dumps({**news, "producer": self._producer}).encode()

    def headers(self, webhook_id: str, body: bytes) -> dict[str, str]:
        """What stands above a body: the key is the client secret as it is written."""
        at = str(int(self._now().timestamp()))
        digest = hmac.new(self._secret.encode(), f"{webhook_id}.{at}.".encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }

    def _deliver(self, hook: Hook, sent: Sent, body: bytes, attempt: int) -> None:
        try:
            answer = requests.post(
                hook.destination,
                data=body,
                headers=self.headers(sent.webhook_id, body),
                timeout=(1, 5),
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        sent.statuses.append(status)
        if 200 <= status < 300:
            return
        if attempt == RETRIES:
            hook.is_active = False
            return
        self._later.do(
            lambda: self._deliver(hook, sent, body, attempt + 1), self._behaviour.get("retry_seconds") * 2**attempt
        )
