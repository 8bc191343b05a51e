"""Telling the shopper by e-mail, where no text reaches: handed over at most once, for mail has no look-up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import EffectError, PermanentFailure
from bopis.messages import AT_COUNTER, FEE_SOON, HOLD_OVER, IN_LOCKER, KEPT_LONGER, NEW_CODE, MailShopper
from bopis.notices import letters
from bopis.notices.actions import note, of
from bopis.notices.models import EMAIL, Notice
from bopis.payments.shown import fee_in_a_message, to_be_paid
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.pickups.reminding import is_still_right
from bopis.pickups.whereabouts import is_known, place_of
from bopis.ports import Letter, Mailer
from bopis.stores.holding import REMINDERS
from bopis.stores.queries import lock


@dataclass(frozen=True)
class _Mail:
    notice_id: str
    pickup_id: str
    letter: Letter
    place: str


class MailShopperEffect:
    """Sends one e-mail. Whether one whose fate is unknown went out cannot be looked up, and is never guessed: a person
    is asked instead of a shopper told twice."""

    idempotent = False

    def __init__(self, mailer: Mailer | None, public_url: str) -> None:
        self.mailer = mailer
        self.public_url = public_url

    def read(self, session: Session, message: MailShopper, now: dt.datetime) -> _Mail | None:
        pickup = session.get_one(Pickup, message.pickup_id)
        if not is_still_right(pickup, message.template, message.version, now) or is_known(session, pickup, message):
            return None
        notice = note(session, pickup, message, EMAIL, None, now)
        if notice.channel != EMAIL or notice.state not in ("submitting", "failed"):
            return None
        return _Mail(notice.id, pickup.id, self._letter(session, pickup, message, notice, now), place_of(pickup))

    def _letter(
        self, session: Session, pickup: Pickup, message: MailShopper, notice: Notice, now: dt.datetime
    ) -> Letter:
        assert pickup.store is not None and pickup.hold_until is not None
        grant = grants.open_grant(session, pickup.id)
        code, to_pay = grants.code_of(grant) if grant else None, to_be_paid(session, pickup)
        facts: dict[str, Any] = {
            "store": pickup.store.name,
            "address": pickup.store.address,
            "order": pickup.order.name,
            "first_name": pickup.order.first_name(),
            "code": code.written() if code and not to_pay else None,
            "to_pay": to_pay,
            "until": notice.until or pickup.hold_until,
            "time_zone": pickup.store.time_zone,
            "link": f"{self.public_url}/p/{pickup.link_token()}",
            "at_counter": pickup.is_at_counter(),
        }
        if message.template in REMINDERS:
            written = letters.reminder(template=message.template, said_at=notice.created_at, **facts)
        elif message.template == FEE_SOON:
            written = letters.fee_soon(fee=fee_in_a_message(pickup, now), **facts)
        elif message.template == HOLD_OVER:
            written = letters.hold_over(**facts)
        elif message.template == AT_COUNTER:
            written = letters.at_counter_now(**facts)
        elif message.template == IN_LOCKER:
            written = letters.in_locker_now(**facts)
        else:
            written = letters.ready(renewed=message.template in (NEW_CODE, KEPT_LONGER), **facts)
        host = urlsplit(self.public_url).hostname
        # What makes the outbox entry the only one of its kind makes the id: however often it is handed over, one mail.
        message_id = f"{message.template}.{message.version}.{pickup.id}@{host}"
        return Letter(message_id, now, pickup.order.email(), written.subject, written.text, written.html)

    def call(self, work: _Mail) -> str:
        if self.mailer is None:
            raise PermanentFailure("no_mail", "Sending e-mail is not set up (SMTP_URL and MAIL_FROM).")
        if not work.letter.to:
            raise PermanentFailure("no_address", "There is no e-mail address any more.")
        self.mailer.send(work.letter)
        return work.letter.message_id

    def look_up(self, work: _Mail, since: dt.datetime) -> None:
        raise PermanentFailure("not_known", "It is not known whether the e-mail went out. Ask before sending another.")

    def record(self, session: Session, work: _Mail, outcome: str, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, work.pickup_id)
        assert pickup.store_id is not None
        lock(session, pickup.store_id)
        notice = session.get_one(Notice, work.notice_id)
        notice.provider_id, notice.state, notice.error, notice.changed_at = outcome, "accepted", "", now
        told = {"template": notice.template, "channel": EMAIL, "place": work.place}
        timeline.write(session, pickup.id, "shopper_told", actor="system", at=now, **told)

    def give_up(self, session: Session, message: MailShopper, problem: EffectError, now: dt.datetime) -> None:
        pickup, notice = session.get_one(Pickup, message.pickup_id), of(session, message)
        if notice is not None:
            notice.state, notice.error, notice.changed_at = "failed", problem.code, now
        reached_by_text = "No text can be sent either." if pickup.order.phone_sealed is None else "The text failed too."
        tasks.ask(
            session,
            "no_phone" if pickup.order.phone_sealed is None else "text_failed",
            pickup.id,
            merchant_id=pickup.merchant_id,
            store_id=pickup.store_id,
            reason=f"The e-mail for {pickup.order.name} could not be sent: {problem.message} {reached_by_text}",
            now=now,
        )
