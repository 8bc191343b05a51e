"""A test delivery sent to our own public address, as the platform sends its news there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from bopis.errors import EffectError, PermanentFailure
from bopis.merchants import testing
from bopis.merchants.models import Connection, DeliveryTest
from bopis.messages import SendTestDelivery
from bopis.ports import Account, OwnAddress, Platform, Seen
from bopis.sealing import NotSealedHere

_BADLY_SIGNED = "bad_signature"
"""What our own address says, and no proxy in front of it."""
_TAKEN = "taken"
"""Answered as we do when we believe it; no outcome yet."""


@dataclass(frozen=True)
class _Test:
    test_id: str
    account: Account
    url: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _End:
    outcome: str
    detail: str = ""


class SendTestDeliveryEffect:
    """Sends one, or has the platform send one, and notes what answered. Whether it came in, the receiver notes.

    Tried once: somebody waits for what comes of it, and can ask again.
    """

    idempotent = True

    def __init__(self, platforms: Mapping[str, Platform], address: OwnAddress | None, public_url: str) -> None:
        self.platforms, self.address, self.public_url = platforms, address, public_url

    def read(self, session: Session, message: SendTestDelivery, now: dt.datetime) -> _Test | None:
        test = session.get(DeliveryTest, message.test_id)
        if test is None or test.ended_at is not None:
            return None
        connection = session.get_one(Connection, test.connection_id)
        try:
            account = connection.account()
        except NotSealedHere:
            raise PermanentFailure("secrets_closed", "Its secrets cannot be opened: type them in anew.") from None
        url = f"{self.public_url}/webhooks/{connection.vendor}/{connection.id}"
        return _Test(test.id, account, url, testing.body_of(test.id))

    def call(self, work: _Test) -> _End:
        assert self.address is not None, "there is nobody to call our own address"
        try:
            trial = self.platforms[work.account.vendor].test_delivery(work.account, work.url, work.body)
        except EffectError as problem:
            return _End("not_asked", problem.message)
        if trial.answered is not None:
            return _by_the_platform(trial.answered)
        try:
            if trial.headers is not None:
                return _posted(self.address.call(work.url, trial.headers, work.body))
            asked = self.address.call(f"{work.url}?challenge={work.test_id}", {}, None)
        except EffectError as problem:
            known = problem.code if problem.code in testing.OUTCOMES else "not_reached"
            return _End(known, problem.message)
        return _End("answers") if asked.status == 200 and work.test_id in asked.text else _odd(asked)

    def look_up(self, work: _Test, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Test, outcome: _End, now: dt.datetime) -> None:
        test = session.get(DeliveryTest, work.test_id)
        if test is None:
            return
        what = outcome.outcome
        if what == _TAKEN:  # anybody can say 200; that it was us, the receiver knows
            what = "believed" if test.came_at is not None else "elsewhere"
        testing.ended(session, work.test_id, what, outcome.detail, now)

    def give_up(self, session: Session, message: SendTestDelivery, problem: EffectError, now: dt.datetime) -> None:
        testing.ended(session, message.test_id, "not_asked", problem.message, now)


def _by_the_platform(status: int) -> _End:
    """What the platform says our address answered it."""
    if not status:
        return _End("not_reached")
    if 200 <= status < 300:
        return _End("believed")
    return _End("refused", "401") if status == 401 else _odd(Seen(status))


def _posted(seen: Seen) -> _End:
    if seen.status == 401 and _BADLY_SIGNED in seen.text:
        return _End("refused", "401")
    return _End(_TAKEN, str(seen.status)) if 200 <= seen.status < 300 else _odd(seen)


def _odd(seen: Seen) -> _End:
    """An answer that does not say by itself that a test was taken."""
    if 300 <= seen.status < 400:
        return _End("redirected", seen.leads_to)
    if seen.status in (401, 403, 407):
        return _End("shut", str(seen.status))
    return _End("failing" if seen.status >= 500 else "elsewhere", str(seen.status))
