"""Accounts remembered for a moment, for deliveries, which come by the thousand from the same few shops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from bopis import clock
from bopis.db import Database
from bopis.merchants.queries import account
from bopis.ports import Account

REMEMBERED = dt.timedelta(seconds=5)
"""How long a secret that was taken back may still prove a delivery in a process that has just used it."""
MOST = 4096


class Accounts:
    """What a process remembers of accounts: each at most `REMEMBERED` old. One that is unknown is always looked up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[tuple[str, str], tuple[dt.datetime, Account]] = {}

    def versions(self, vendor: str, connection_id: str) -> Iterator[Account]:
        """The account as it is remembered, if it is; then, for whom that does not do, as it is in the database.

        So a new secret works at once. Yields nothing for an account that does not exist. Raises Unavailable.
        """
        looked, kept = self._kept.get((vendor, connection_id), (None, None))
        if kept is not None and looked is not None and looked <= clock.now() < looked + REMEMBERED:
            yield kept
        found = self._look(vendor, connection_id)
        if found is not None:
            yield found

    def _look(self, vendor: str, connection_id: str) -> Account | None:
        now = clock.now()  # before the look: what changes meanwhile must not count as seen
        with self._database.reading() as session:
            found = account(session, vendor, connection_id)
        if found is None:
            self._kept.pop((vendor, connection_id), None)
            return None
        if len(self._kept) >= MOST:
            self._kept.clear()  # all are looked up again within seconds anyway
        self._kept[vendor, connection_id] = now, found
        return found
