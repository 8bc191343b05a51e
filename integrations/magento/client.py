"""One call of a shop's REST API: address, token, time-outs, failures."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.magento import failures
from integrations.payloads import answered_at
from integrations.public import PublicCaller

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SITE = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?::[0-9]{{2,5}})?(?:/[A-Za-z0-9_~-]+){{0,4}}")


class RestClient:
    """Calls one shop per call; `base_url`, when given, stands in for every shop's own address.

    A shop's address is its merchant's word, so it is called as one: publicly, over https, no redirect followed.
    """

    def __init__(self, caller: PublicCaller, base_url: str = "") -> None:
        self._caller = caller
        self._base_url = base_url.rstrip("/")

    def get(self, account: Account, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Read. Raises TemporaryFailure or PermanentFailure."""
        return self.dated(account, path, params)[0]

    def dated(
        self, account: Account, path: str, params: Mapping[str, str] | None = None
    ) -> tuple[Any, dt.datetime | None]:
        """`get`, and when the shop answered by its own clock, where it says so."""
        return self._call("GET", account, path, params, None)

    def post(self, account: Account, path: str, body: Mapping[str, Any]) -> Any:
        """Change. Raises the three: OutcomeUnknown when it may have been done."""
        try:
            return self._call("POST", account, path, None, body)[0]
        except TemporaryFailure as problem:
            if problem.code in failures.SURELY_NOT_DONE:
                raise
            raise OutcomeUnknown(problem.code, problem.message) from None

    def _call(
        self,
        method: str,
        account: Account,
        path: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
    ) -> tuple[Any, dt.datetime | None]:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {account.secrets.get('access_token', '')}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        # In the scope of all its store views: one of them would hide the orders' names of another.
        url = f"{self._site(account)}/rest/all/V1/{path}" + (f"?{urlencode(params, safe='[],:')}" if params else "")
        answer = self._caller.call(method, url, headers, b"" if body is None else json.dumps(body).encode())
        failure = failures.of_answer(answer)
        if failure:
            raise failure
        try:
            return answer.json(), answered_at(answer.headers)
        except ValueError:
            raise TemporaryFailure("unexpected_answer", "the shop's answer is not JSON") from None

    def _site(self, account: Account) -> str:
        site = account.name.removeprefix("https://").rstrip("/")
        if not _SITE.fullmatch(site):
            raise PermanentFailure("bad_shop", "the connection's name is not a shop's address")
        return self._base_url or f"https://{site}"
