"""Shopify's Admin GraphQL API over our own session.

The SDK knows shops, versions and addresses, and is used for them. Its transport has no time-out, writes error bodies
to standard output and keeps the current shop in a global, so requests do not go through it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from typing import Any

from shopify.session import Session
from shopify.utils.shop_url import sanitize_shop_domain

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations import http
from integrations.payloads import answered_at
from integrations.shopify import failures

API_VERSION = "2026-10"

log = logging.getLogger(__name__)


class AdminClient:
    """Calls one shop per call; `base_url`, when given, stands in for every shop's own address."""

    def __init__(self, base_url: str = "", read_seconds: float = http.READ_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_seconds = read_seconds

    def query(self, account: Account, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Read; the answer's `data`. Raises TemporaryFailure or PermanentFailure."""
        return self.dated(account, document, variables)[0]

    def dated(
        self, account: Account, document: str, variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dt.datetime | None]:
        """`query`, and when Shopify answered by its own clock, where it says so."""
        return self._execute(account, document, variables, safe=True)

    def mutate(
        self, account: Account, document: str, variables: Mapping[str, Any], field: str
    ) -> list[Mapping[str, Any]]:
        """Change; the userErrors of the mutation's one `field`, empty when it was done. Raises the three."""
        data, _ = self._execute(account, document, variables, safe=False)
        payload = data.get(field)
        if not isinstance(payload, dict) or not isinstance(payload.get("userErrors"), list):
            raise PermanentFailure("unexpected_answer", f"Shopify's answer lacks {field}.userErrors")
        return payload["userErrors"]

    def _execute(
        self, account: Account, document: str, variables: Mapping[str, Any], safe: bool
    ) -> tuple[dict[str, Any], dt.datetime | None]:
        answer = http.call(
            "POST",
            self._address(account),
            safe=safe,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Shopify-Access-Token": account.secrets.get("access_token", ""),
            },
            data=json.dumps({"query": document, "variables": dict(variables)}).encode(),
            read_seconds=self._read_seconds,
        )
        failure = failures.of_status(answer)
        if failure:
            raise failure
        served = answer.headers.get("X-Shopify-API-Version", API_VERSION)
        if served != API_VERSION:
            log.warning("Shopify answered with version %.20r instead of %s", served, API_VERSION)
        return _data(answer), answered_at(answer.headers)

    def _address(self, account: Account) -> str:
        shop = sanitize_shop_domain(account.name)
        if not shop:
            raise PermanentFailure("bad_shop", "the connection's name is not a myshopify.com domain")
        site: str = Session(shop, API_VERSION).site
        if self._base_url:
            site = self._base_url + site.removeprefix(f"https://{shop}")
        return f"{site}/graphql.json"


def _data(answer: http.Answer) -> dict[str, Any]:
    try:
        payload = answer.json()
    except ValueError:
        raise TemporaryFailure("unexpected_answer", "Shopify's answer is not JSON") from None
    if not isinstance(payload, dict):
        raise PermanentFailure("unexpected_answer", "Shopify's answer is not an object")
    errors, data = payload.get("errors"), payload.get("data")
    if errors and not (isinstance(data, dict) and data.get("order") and _only_the_customer_is_denied(errors)):
        raise failures.of_errors(errors, (payload.get("extensions") or {}).get("cost"))
    if not isinstance(data, dict):
        raise PermanentFailure("unexpected_answer", "Shopify's answer has no data")
    return data


def _only_the_customer_is_denied(errors: Any) -> bool:
    """Without read_customers an order still has all we need but one more chance of a phone number."""
    return isinstance(errors, list) and all(
        isinstance(error, dict)
        and (error.get("extensions") or {}).get("code") == "ACCESS_DENIED"
        and (error.get("path") or [])[:2] == ["order", "customer"]
        for error in errors
    )
