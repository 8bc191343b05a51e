"""The app's access tokens: the configured one, and those given out by installing it, which expire."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.config import ShopConfig

LIFE = dt.timedelta(hours=1)
REFRESH_LIFE = dt.timedelta(days=90)
SCOPES = (
    "read_orders,write_orders,read_merchant_managed_fulfillment_orders,"
    "write_merchant_managed_fulfillment_orders,read_locations"
)


class Rejected(Exception):
    """The grant is refused; the text is the vendor's error code."""


@dataclass
class _Pair:
    access: str
    refresh: str
    expires_at: dt.datetime
    refresh_expires_at: dt.datetime
    is_used: bool = False


class Tokens:
    """Which tokens are good now. A refresh token rotates; the one before works until its successor is first used."""

    def __init__(self, config: ShopConfig, now: Callable[[], dt.datetime]) -> None:
        self._config = config
        self._now = now
        self._lock = threading.Lock()
        self._codes: set[str] = set()
        self._pairs: list[_Pair] = []
        self._configured = True
        self.refreshes = 0

    def is_good(self, token: str) -> bool:
        """Whether a call with this token is let in."""
        with self._lock:
            if self._configured and token == self._config.access_token:
                return True
            for pair in self._pairs:
                if pair.access == token and self._now() < pair.expires_at:
                    pair.is_used = True
                    return True
            return False

    def new_code(self) -> str:
        """What the merchant's browser carries back after a yes."""
        with self._lock:
            code = secrets.token_hex(16)
            self._codes.add(code)
            return code

    def grant(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Trade a code, or a refresh token, for a new pair. Raises Rejected."""
        with self._lock:
            good = (self._config.client_id, self._config.client_secret)
            if (payload.get("client_id"), payload.get("client_secret")) != good or not self._config.client_id:
                raise Rejected("invalid_client")
            if payload.get("grant_type") == "refresh_token":
                return self._refresh(str(payload.get("refresh_token")))
            code = str(payload.get("code"))
            if code not in self._codes:
                raise Rejected("invalid_request")
            self._codes.remove(code)
            return (
                self._issue()
                if str(payload.get("expiring")) == "1"
                else {"access_token": self._config.access_token, "scope": SCOPES}
            )

    def revoke(self) -> None:
        """End all of them."""
        with self._lock:
            self._pairs.clear()
            self._configured = False

    def _refresh(self, token: str) -> dict[str, Any]:
        for at, pair in enumerate(self._pairs):
            superseded = any(later.is_used for later in self._pairs[at + 1 :])
            if pair.refresh == token and not superseded and self._now() < pair.refresh_expires_at:
                self.refreshes += 1
                return self._issue()
        raise Rejected("invalid_grant")

    def _issue(self) -> dict[str, Any]:
        pair = _Pair(
            "shpat_" + secrets.token_hex(16),
            "shprt_" + secrets.token_hex(16),
            self._now() + LIFE,
            self._now() + REFRESH_LIFE,
        )
        self._pairs.append(pair)
        return {
            "access_token": pair.access,
            "scope": SCOPES,
            "expires_in": int(LIFE.total_seconds()),
            "refresh_token": pair.refresh,
            "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        }
