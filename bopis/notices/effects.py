"""Telling the shopper: at most one text per pickup, template and version, whatever time-outs do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.errors import EffectError, PermanentFailure
from bopis.ids import new_id
from bopis.merchants.queries import messenger_account
from bopis.messages import TellShopper
from bopis.notices import texts
from bopis.notices.models import Notice
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.ports import Account, Messenger, Receipt
from bopis.stores.queries import lock


@dataclass(frozen=True)
class _Text:
    notice_id: str
    pickup_id: str
    account: Account | None
    to: str = field(repr=False)
    body: str = field(repr=False)


class TellShopperEffect:
    """Sends one text. A time-out is looked up at the provider, by number and wording, before anything is repeated."""

    idempotent = False

    def __init__(self, messengers: Mapping[str, Messenger], public_url: str) -> None:
        self.messengers = messengers
        self.public_url = public_url

    def read(self, session: Session, message: TellShopper, now: dt.datetime) -> _Text | None:
        pickup = session.get_one(Pickup, message.pickup_id)
        phone = pickup.order.phone()
        if pickup.state not in ("ready", "expired") or not phone:
            return None
        account = messenger_account(session, pickup.merchant_id, frozenset(self.messengers))
        notice = session.scalars(
            select(Notice).where(
                Notice.pickup_id == pickup.id, Notice.template == message.template, Notice.version == message.version
            )
        ).first()
        if notice is None and account is not None:
            notice = Notice(
                id=new_id(),
                merchant_id=pickup.merchant_id,
                pickup_id=pickup.id,
                connection_id=account.connection_id,
                template=message.template,
                version=message.version,
                state="submitting",
                error="",
                created_at=now,
                changed_at=now,
            )
            session.add(notice)
            session.flush()
        return _Text(notice.id if notice else "", pickup.id, account, phone, self._body(session, pickup))

    def _body(self, session: Session, pickup: Pickup) -> str:
        assert pickup.store is not None and pickup.hold_until is not None
        grant = grants.open_grant(session, pickup.id)
        code = grants.code_of(grant) if grant else None
        return texts.ready(
            store=pickup.store.name,
            order=pickup.order.name,
            code=code.written() if code else None,
            until=pickup.hold_until,
            time_zone=pickup.store.time_zone,
            link=f"{self.public_url}/p/{pickup.link_token()}",
            at_counter=all(place.compartment_id is None for place in pickup.live_placements()),
        )

    def call(self, work: _Text) -> Receipt:
        if work.account is None:
            raise PermanentFailure("no_provider", "No text message provider is connected.")
        callback = f"{self.public_url}/receipts/{work.account.vendor}/{work.account.connection_id}"
        return self.messengers[work.account.vendor].send(work.account, work.to, work.body, callback)

    def look_up(self, work: _Text, since: dt.datetime) -> Receipt | None:
        if work.account is None:
            return None
        return self.messengers[work.account.vendor].find(work.account, work.to, work.body, since)

    def record(self, session: Session, work: _Text, outcome: Receipt, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, work.pickup_id)
        assert pickup.store_id is not None
        lock(session, pickup.store_id)
        notice = session.get_one(Notice, work.notice_id)
        notice.provider_id, notice.changed_at = outcome.provider_id, now
        if notice.state == "submitting":
            notice.state, notice.error = outcome.state, outcome.error
        timeline.write(session, pickup.id, "shopper_told", actor="system", at=now, template=notice.template)

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
