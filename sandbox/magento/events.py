"""The shop's events as Adobe sends them on: signed by RSA over the raw body, tried again for a day."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.behaviour import Behaviour
from sandbox.later import Later

ORDER_SAVED = "observer.sales_order_save_commit_after"
KEYS = ("/prod/keys/pub-key-one.pem", "/prod/keys/pub-key-two.pem")
LONGEST_WAIT, LONGEST_TRY = 900.0, 86400.0


@lru_cache
def signing_key(path: str) -> RSAPrivateKey:
    """The key whose public half lies there; made when first asked for."""
    return generate_private_key(65537, 2048)


def public_pem(path: str) -> bytes:
    """What Adobe shows at this path."""
    return signing_key(path).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Events:
    """What the shop makes events of, and where the project's registration has them sent."""

    def __init__(self, client_id: str, now: Callable[[], dt.datetime], later: Later, behaviour: Behaviour) -> None:
        self._client_id, self._now, self._later, self._behaviour = client_id, now, later, behaviour
        self.subscribed: dict[str, dict[str, Any]] = {}
        self.url = ""
        """As typed into the Developer Console; "" where nobody did."""
        self.statuses: list[int] = []
        """What was answered to each attempt."""

    def tell(self, order: dict[str, Any]) -> None:
        """An order was saved."""
        if not self.url or ORDER_SAVED not in self.subscribed or self._behaviour.spend("drop_events"):
            return
        body = self.body(order)
        for _ in range(2 if self._behaviour.get("duplicate_events") else 1):
            self._later.do(lambda: self._deliver(body, 0, 0.0))

    def body(self, order: dict[str, Any]) -> bytes:
        """What is sent; of the order, the fields that were asked for."""
        fields = self.subscribed.get(ORDER_SAVED, {}).get("fields") or [{"name": "entity_id"}]
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "event_id": str(uuid.uuid4()),
            "source": "urn:uuid:00000000-0000-4000-8000-000000000001",
            "type": f"com.adobe.commerce.{ORDER_SAVED}",
            "datacontenttype": "application/json",
            "time": self._now().isoformat(),
            "data": {
                "key": str(uuid.uuid4()),
                "source": "example.production",
                "value": {each["name"]: order.get(each["name"]) for each in fields},
                "_metadata": {"commerceEdition": "Adobe Commerce", "storeId": "1", "websiteId": "1"},
            },
            "recipient_client_id": self._client_id,
        }
        return json.dumps(event).encode()

    def headers(self, body: bytes) -> dict[str, str]:
        """What stands above a body."""
        found = {"Content-Type": "application/json"}
        for number, path in enumerate(KEYS, 1):
            signature = signing_key(path).sign(body, PKCS1v15(), SHA256())
            found[f"x-adobe-digital-signature-{number}"] = base64.b64encode(signature).decode()
            found[f"x-adobe-public-key{number}-path"] = path
        return found

    def _deliver(self, body: bytes, attempt: int, waited: float) -> None:
        headers = self.headers(body) | ({"x-adobe-retry-count": str(attempt)} if attempt else {})
        try:
            status = requests.post(
                self.url, data=body, headers=headers, timeout=(1, 10), allow_redirects=False
            ).status_code
        except requests.RequestException:
            status = 0
        self.statuses.append(status)
        wait = min(self._behaviour.get("retry_seconds") * 2**attempt, LONGEST_WAIT)
        if not 200 <= status < 300 and waited + wait < LONGEST_TRY:
            self._later.do(lambda: self._deliver(body, attempt + 1, waited + wait), wait)
