"""One call of a shop's REST API: address, key, time-outs, failures."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations.http import Answer
from integrations.payloads import answered_at
from integrations.public import PublicCaller
from integrations.woocommerce import failures
from integrations.woocommerce.address import site_of

API = "wp-json/wc/v3"
PER_PAGE = 100
_MOST_STARTS = 50


@dataclass(frozen=True)
class Page:
    """One page of a list, and whether there is another."""

    items: list[Any]
    is_last: bool
    answered: dt.datetime | None


class RestClient:
    """Calls one shop per call; `base_url`, when given, stands in for every shop's own address.

    A shop's address is its merchant's word, so it is called as one: publicly, over https, no redirect followed.
    """

    def __init__(self, caller: PublicCaller, base_url: str = "") -> None:
        self._caller = caller
        self._base_url = base_url.rstrip("/")

    def get(self, account: Account, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Read one thing. Raises TemporaryFailure or PermanentFailure."""
        return _json(self._call("GET", account, path, params=params))

    def dated(self, account: Account, path: str) -> tuple[Any, dt.datetime | None]:
        """`get`, and when the shop answered by its own clock, where it says so."""
        answer = self._call("GET", account, path)
        return _json(answer), answered_at(answer.headers)

    def page(self, account: Account, path: str, number: int, params: Mapping[str, Any] | None = None) -> Page:
        """Read one page of a list, `PER_PAGE` long. Raises TemporaryFailure or PermanentFailure.

        What our key may not read is left out of a page, so a short one need not be the last: the header decides.
        """
        answer = self._call("GET", account, path, params={**(params or {}), "per_page": PER_PAGE, "page": number})
        items = _json(answer)
        if not isinstance(items, list):
            raise PermanentFailure("unexpected_answer", f"the shop's answer to {_named(path)} is not a list")
        pages = answer.headers.get("X-WP-TotalPages", "")
        is_last = number >= int(pages) if pages.isdigit() else len(items) < PER_PAGE
        return Page(items, is_last, answered_at(answer.headers))

    def post(self, account: Account, path: str, body: Mapping[str, Any]) -> Any:
        """Make something new. Raises the three: OutcomeUnknown when it may have been made."""
        return _json(self._call("POST", account, path, body=body))

    def put(self, account: Account, path: str, body: Mapping[str, Any]) -> Any:
        """Make something so; to say it twice changes nothing. Raises TemporaryFailure or PermanentFailure."""
        return _json(self._call("PUT", account, path, body=body))

    def _call(
        self,
        method: str,
        account: Account,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        headers = {"Accept": "application/json", "Authorization": _basic(account)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._site(account)}/{API}/{path}" + (f"?{urlencode(params, safe=',:')}" if params else "")
        try:
            answer = self._caller.call(method, url, headers, b"" if body is None else json.dumps(body).encode())
        except TemporaryFailure as problem:
            if method != "POST":
                raise
            raise OutcomeUnknown(problem.code, problem.message) from None
        failure = failures.of_answer(answer)
        if failure:
            raise failure
        return answer

    def _site(self, account: Account) -> str:
        site = site_of(account.name)
        if not site:
            raise PermanentFailure("bad_shop", "the connection's name is not a shop's address")
        return self._base_url or f"https://{site}"


def _basic(account: Account) -> str:
    pair = f"{account.secrets.get('consumer_key', '')}:{account.secrets.get('consumer_secret', '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _json(answer: Answer) -> Any:
    """The JSON in an answer, even where PHP wrote its warnings before it."""
    try:
        return answer.json()
    except ValueError:
        pass
    text = answer.text.strip("\ufeff \t\r\n")
    for start in list(re.finditer(r"[\[{]", text))[:_MOST_STARTS]:
        try:
            return json.loads(text[start.start() :])
        except (ValueError, RecursionError):
            continue
    raise TemporaryFailure("unexpected_answer", "the shop's answer is not JSON")


def _named(path: str) -> str:
    return re.sub("[0-9]+", "…", path)
