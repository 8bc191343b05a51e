"""What deliveries mean for us: read, asked about at their platforms, carried out.

Acting on an order's present state, not on the deliveries' words, is what makes late, repeated and shuffled deliveries
harmless. The platform is asked outside any transaction, once for all deliveries about one order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bopis import clock
from bopis.claims import LostLease, ids_of
from bopis.errors import TemporaryFailure
from bopis.inbox import InboxWork
from bopis.orders.actions import Sender, accept
from bopis.orders.queries import known_orders
from bopis.pickups.follow import Followed, follow, forget
from bopis.ports import AccountNews, OrderSnapshot, Platform
from webhooks.account_news import take_note

Said = str | Exception
"""In a few words what came of a delivery, or why nothing did."""


@dataclass(frozen=True)
class Errand:
    """What some deliveries make us ask a platform: how an order stands, named by its id or by one of its units."""

    entries: tuple[InboxWork, ...]
    sender: Sender
    platform: Platform
    order_id: str | None = None
    unit_id: str = ""

    @property
    def shop(self) -> str:
        """Whose line the question takes."""
        return self.sender.account.connection_id

    def run(self) -> Finding:
        """Ask. Calls out; never raises for what the world does to us."""
        if all(entry.lease_until and entry.lease_until <= clock.now() for entry in self.entries):
            return Finding(self.entries, said=LostLease("waited too long for its turn"))
        try:
            return self._asked()
        except Exception as problem:  # noqa: BLE001
            return Finding(self.entries, said=problem)

    def _asked(self) -> Finding:
        account = self.sender.account
        order_id = self.order_id or self.platform.order_of_unit(account, self.unit_id)
        if order_id is None:
            return Finding(self.entries, said="the platform has no such unit")
        snapshot = self.platform.fetch_order(account, order_id)
        return Finding(self.entries, self.sender, order_id, snapshot)


@dataclass(frozen=True)
class Finding:
    """What we know now about some deliveries: enough to act on them, or that there is nothing to act on."""

    entries: tuple[InboxWork, ...]
    sender: Sender | None = None
    order_id: str = ""
    snapshot: OrderSnapshot | None = None
    """None when the platform has no such order, if one was asked for."""
    news: AccountNews | None = None
    said: Said | None = None
    """What came of it already, so that nothing is left to be done."""

    shop: str | None = None

    def run(self) -> Finding:
        """There is nothing to ask."""
        return self

    @property
    def key(self) -> tuple[str, str]:
        """Of the order: (connection, the platform's id)."""
        return self.entries[0].connection_id, self.order_id


def act(session: Session, findings: Sequence[Finding], now: dt.datetime) -> list[Said]:
    """Carry out what was found, all in this transaction; says of each what came of it."""
    about_orders = [finding for finding in findings if finding.order_id]
    orders = _follow(session, [finding for finding in about_orders if finding.snapshot], now)
    orders |= _forget(session, [finding for finding in about_orders if not finding.snapshot], now)
    said: list[Said] = []
    for finding in findings:
        if finding.said is not None:
            said.append(finding.said)
        elif finding.news is not None:
            said.append(take_note(session, finding.entries[0], finding.news, now))
        else:
            said.append(orders[finding.key])
    return said


def _follow(session: Session, findings: Sequence[Finding], now: dt.datetime) -> dict[tuple[str, str], Said]:
    newest: dict[tuple[str, str], tuple[Sender, OrderSnapshot]] = {}
    ids: dict[tuple[str, str], dict[str, object]] = {}
    for finding in findings:
        assert finding.sender and finding.snapshot
        if finding.key not in newest or newest[finding.key][1].updated_at <= finding.snapshot.updated_at:
            newest[finding.key] = finding.sender, finding.snapshot
            ids[finding.key] = ids_of(finding.entries[0])
    orders = dict(zip(newest, accept(session, list(newest.values()), now), strict=True))
    taken = {key: Followed(order, newest[key][1], ids[key]) for key, order in orders.items() if order}
    said: dict[tuple[str, str], Said] = dict.fromkeys(newest, "newer news is known")
    said |= zip(taken, follow(session, list(taken.values()), now), strict=True)
    for key, (_, snapshot) in newest.items():
        if not snapshot.complete and snapshot.cancelled_at is None:
            said[key] = TemporaryFailure("units_missing", "The platform has not worked out yet what goes where.")
    return said


def _forget(session: Session, findings: Sequence[Finding], now: dt.datetime) -> dict[tuple[str, str], Said]:
    keys = {finding.key for finding in findings}
    known = known_orders(session, keys)
    forget(session, list(known.values()), now)
    return {key: "gone from the platform" if key in known else "the platform has no such order" for key in keys}
