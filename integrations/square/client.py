"""Square's API over our own session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations import http
from integrations.square import failures

API_VERSION = "2025-08-20"


class SquareClient:
    """Calls for one seller per call; paths begin behind `/v2/`."""

    def __init__(self, base_url: str, read_seconds: float = http.READ_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_seconds = read_seconds

    def get(self, account: Account, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises TemporaryFailure or PermanentFailure."""
        return self._call("GET", account, path, None, safe=True, params=params)

    def search(self, account: Account, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Read by a question too long for an address. Raises TemporaryFailure or PermanentFailure."""
        return self._call("POST", account, path, body, safe=True)

    def write(self, method: str, account: Account, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change. Raises the three."""
        return self._call(method, account, path, body, safe=False)

    def _call(
        self,
        method: str,
        account: Account,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        safe: bool,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = http.call(
            method,
            f"{self._base_url}/v2/{path}",
            safe=safe,
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {account.secrets.get('access_token', '')}",
                "Square-Version": API_VERSION,
            },
            params=params,
            data=None if body is None else json.dumps(body).encode(),
            read_seconds=self._read_seconds,
        )
        failure = failures.of_answer(answer)
        if failure:
            raise failure
        try:
            payload = answer.json()
        except ValueError:
            raise TemporaryFailure("unexpected_answer", "Square's answer is not JSON") from None
        if not isinstance(payload, dict):
            raise PermanentFailure("unexpected_answer", "Square's answer is not an object")
        return payload
