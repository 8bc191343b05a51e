"""Telling the shopper by text: at most one per pickup, template and version, whatever time-outs do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import EffectError, PermanentFailure
from bopis.merchants.effects import failed
from bopis.merchants.queries import messenger_account
from bopis.messages import AT_COUNTER, FEE_SOON, HOLD_OVER, IN_LOCKER, KEPT_LONGER, NEW_CODE, TellShopper
from bopis.notices import texts
from bopis.notices.actions import mail_instead, note
from bopis.notices.models import TEXT, Notice
from bopis.payments.shown import fee_in_a_message, to_be_paid
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.pickups.reminding import is_still_right
from bopis.pickups.whereabouts import is_known, place_of
from bopis.ports import Account, Messenger, Receipt
from bopis.stores.holding import REMINDERS
from bopis.stores.queries import lock

_ACCOUNT_TROUBLE = frozenset(
    {"credentials_refused", "credentials_missing", "sender_missing", "sender_refused", "account_suspended"}
)
"""What is no shopper's number's fault: somebody must look after the account, although e-mails follow."""


@dataclass(frozen=True)
class _Text:
    message: TellShopper
    notice_id: str
    account: Account | None
    has_email: bool
    to: str = field(repr=False)
    body: str = field(repr=False)
    place: str


class TellShopperEffect:
    """Sends one text. A time-out is looked up at the provider, by number and wording, before anything is repeated.

    A final no of the provider is no end where there is an e-mail address: then the text is over and an e-mail follows.
    """

    idempotent = False

    def __init__(self, messengers: Mapping[str, Messenger], public_url: str) -> None:
        self.messengers = messengers
        self.public_url = public_url

    def read(self, session: Session, message: TellShopper, now: dt.datetime) -> _Text | None:
        pickup = session.get_one(Pickup, message.pickup_id)
        if not is_still_right(pickup, message.template, message.version, now) or is_known(session, pickup, message):
            return None
        account = messenger_account(session, pickup.merchant_id, frozenset(self.messengers))
        notice_id, notice = "", None
        if account is not None:
            notice = note(session, pickup, message, TEXT, account.connection_id, now)
            if notice.channel != TEXT:
                return None
            notice_id = notice.id
        has_email, body = pickup.order.email_sealed is not None, self._body(session, pickup, message, notice, now)
        return _Text(message, notice_id, account, has_email, pickup.order.phone(), body, place_of(pickup))

    def _body(
        self, session: Session, pickup: Pickup, message: TellShopper, notice: Notice | None, now: dt.datetime
    ) -> str:
        """The same words at every attempt: one that went out unheard is looked up by them."""
        assert pickup.store is not None and pickup.hold_until is not None
        grant = grants.open_grant(session, pickup.id)
        code, to_pay = grants.code_of(grant) if grant else None, to_be_paid(session, pickup)
        facts: dict[str, Any] = {
            "store": pickup.store.name,
            "order": pickup.order.name,
            "code": code.written() if code and not to_pay else None,
            "to_pay": to_pay,
            "until": (notice.until if notice else None) or pickup.hold_until,
            "time_zone": pickup.store.time_zone,
            "link": f"{self.public_url}/p/{pickup.link_token()}",
            "at_counter": pickup.is_at_counter(),
        }
        if message.template in REMINDERS:
            said_at = notice.created_at if notice else now
            return texts.reminder(template=message.template, said_at=said_at, **facts)
        if message.template == FEE_SOON:
            return texts.fee_soon(fee=fee_in_a_message(pickup, now), **facts)
        if message.template == HOLD_OVER:
            return texts.hold_over(**facts)
        if message.template == AT_COUNTER:
            return texts.at_counter_now(**facts)
        if message.template == IN_LOCKER:
            return texts.in_locker_now(**facts)
        return texts.ready(renewed=message.template in (NEW_CODE, KEPT_LONGER), **facts)

    def call(self, work: _Text) -> Receipt | PermanentFailure:
        try:
            return self._send(work)
        except PermanentFailure as problem:
            if work.has_email:
                return problem
            raise

    def _send(self, work: _Text) -> Receipt:
        if work.account is None:
            raise PermanentFailure("no_provider", "No text message provider is connected.")
        if not work.to:
            raise PermanentFailure("no_phone", "There is no phone number any more.")
        callback = f"{self.public_url}/receipts/{work.account.vendor}/{work.account.connection_id}"
        return self.messengers[work.account.vendor].send(work.account, work.to, work.body, callback)

    def look_up(self, work: _Text, since: dt.datetime) -> Receipt | None:
        if work.account is None or not work.to:
            return None
        return self.messengers[work.account.vendor].find(work.account, work.to, work.body, since)

    def record(self, session: Session, work: _Text, outcome: Receipt | PermanentFailure, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, work.message.pickup_id)
        assert pickup.store_id is not None
        lock(session, pickup.store_id)
        notice = session.get(Notice, work.notice_id)
        if isinstance(outcome, PermanentFailure):
            mail_instead(session, pickup, work.message, notice, outcome.code, now)
            if work.account is not None and outcome.code in _ACCOUNT_TROUBLE:
                failed(session, work.account.connection_id, outcome, now)
            return
        assert notice is not None
        notice.provider_id, notice.changed_at = outcome.provider_id, now
        if notice.state == "submitting":
            notice.state, notice.error = outcome.state, outcome.error
        told = {"template": notice.template, "channel": TEXT, "place": work.place}
        timeline.write(session, pickup.id, "shopper_told", actor="system", at=now, **told)

    def give_up(self, session: Session, message: TellShopper, problem: EffectError, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, message.pickup_id)
        tasks.ask(
            session,
            "text_failed",
            pickup.id,
            merchant_id=pickup.merchant_id,
            store_id=pickup.store_id,
            reason=f"The text for {pickup.order.name} could not be sent: {problem.message}",
            now=now,
        )
