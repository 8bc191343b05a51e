"""BigCommerce's REST Management API over our own session."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations import http
from integrations.bigcommerce import failures
from integrations.payloads import answered_at

A_PAGE, MOST_PAGES = 250, 200
_STORE_HASH = re.compile("[a-z0-9]{1,20}")


class StoreClient:
    """Calls one store per call. Paths begin with the version: `v2/orders/250`."""

    def __init__(self, base_url: str, read_seconds: float = http.READ_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_seconds = read_seconds

    def get(self, account: Account, path: str, **params: Any) -> Any:
        """Read; None where BigCommerce has no content. Raises TemporaryFailure or PermanentFailure."""
        return self._call("GET", account, path, params=params)[0]

    def dated(self, account: Account, path: str, **params: Any) -> tuple[Any, dt.datetime | None]:
        """`get`, and when BigCommerce answered by its own clock, where it says so."""
        return self._call("GET", account, path, params=params)

    def listed(self, account: Account, path: str, **params: Any) -> Iterator[Any]:
        """Every row of a V3 list, page by page as they are read. Raises TemporaryFailure or PermanentFailure."""
        for page in range(1, MOST_PAGES + 1):
            found = self.get(account, path, page=page, limit=A_PAGE, **params) or {}
            rows = found.get("data") if isinstance(found, dict) else None
            if not isinstance(rows, list):
                raise PermanentFailure("unexpected_answer", "BigCommerce's answer holds no list")
            yield from rows
            if not rows or page >= _pages(found):
                return

    def write(self, method: str, account: Account, path: str, body: Any) -> Any:
        """Change; what BigCommerce answers. Raises the three."""
        return self._call(method, account, path, data=json.dumps(body).encode())[0]

    def _call(self, method: str, account: Account, path: str, **more: Any) -> tuple[Any, dt.datetime | None]:
        answer = http.call(
            method,
            f"{self._address(account)}/{path}",
            safe=method == "GET",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "X-Auth-Token": account.secrets.get("access_token", ""),
            },
            read_seconds=self._read_seconds,
            **more,
        )
        failure = failures.of_status(answer)
        if failure:
            raise failure
        if answer.status == 204 or not answer.body:
            return None, answered_at(answer.headers)
        try:
            return answer.json(), answered_at(answer.headers)
        except ValueError:
            raise TemporaryFailure("unexpected_answer", "BigCommerce's answer is not JSON") from None

    def _address(self, account: Account) -> str:
        if not _STORE_HASH.fullmatch(account.name):
            raise PermanentFailure("bad_shop", "the connection's name is not a store hash")
        return f"{self._base_url}/stores/{account.name}"


def _pages(found: Mapping[str, Any]) -> int:
    """How many there are; a list that does not say so has one."""
    try:
        return int(found["meta"]["pagination"]["total_pages"])
    except (KeyError, TypeError, ValueError):
        return 1
