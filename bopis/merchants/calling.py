"""Platforms called with care: with secrets that have not expired, and not at all while an account is closed to us."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from bopis.errors import PermanentFailure
from bopis.merchants.secrets import Keeper
from bopis.ports import ACCESS_REFUSED, Account, AccountNews, Delivery, Location, OrderSnapshot, Platform, Trial

Answer = TypeVar("Answer")


class CarefulPlatform:
    """A `ports.Platform` around another. What it adds happens between transactions, as every call does."""

    def __init__(self, platform: Platform, keeper: Keeper) -> None:
        self._platform = platform
        self._keeper = keeper

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> Delivery:
        return self._platform.verify(headers, body, account)

    def verify_for_app(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Delivery]:
        return self._platform.verify_for_app(headers, body)

    def order_of(self, delivery: Delivery, body: bytes) -> str | None:
        return self._platform.order_of(delivery, body)

    def unit_of(self, delivery: Delivery, body: bytes) -> str | None:
        return self._platform.unit_of(delivery, body)

    def account_news(self, account: Account, delivery: Delivery, body: bytes) -> AccountNews | None:
        return self._platform.account_news(account, delivery, body)

    def order_of_unit(self, account: Account, unit_id: str) -> str | None:
        return self._ask(account, lambda fresh: self._platform.order_of_unit(fresh, unit_id))

    def fetch_order(self, account: Account, order_id: str) -> OrderSnapshot | None:
        return self._ask(account, lambda fresh: self._platform.fetch_order(fresh, order_id))

    def locations(self, account: Account) -> list[Location]:
        return self._ask(account, self._platform.locations)

    def mark_ready(self, account: Account, unit_id: str) -> None:
        self._ask(account, lambda fresh: self._platform.mark_ready(fresh, unit_id))

    def mark_collected(self, account: Account, unit_id: str) -> None:
        self._ask(account, lambda fresh: self._platform.mark_collected(fresh, unit_id))

    def mark_returned(self, account: Account, unit_id: str, key: str) -> None:
        self._ask(account, lambda fresh: self._platform.mark_returned(fresh, unit_id, key))

    def ensure_subscriptions(self, account: Account, callback_url: str) -> list[str]:
        return self._ask(account, lambda fresh: self._platform.ensure_subscriptions(fresh, callback_url))

    def test_delivery(self, account: Account, callback_url: str, body: bytes) -> Trial:
        return self._ask(account, lambda fresh: self._platform.test_delivery(fresh, callback_url, body))

    def changed_since(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        fresh = self._keeper.fresh(account)
        try:
            yield from self._platform.changed_since(fresh, since)
        except PermanentFailure as problem:
            self._note(fresh, problem)
            raise

    def _ask(self, account: Account, call: Callable[[Account], Answer]) -> Answer:
        fresh = self._keeper.fresh(account)
        try:
            return call(fresh)
        except PermanentFailure as problem:
            self._note(fresh, problem)
            raise

    def _note(self, account: Account, problem: PermanentFailure) -> None:
        if problem.code == ACCESS_REFUSED:
            self._keeper.refused(account)
