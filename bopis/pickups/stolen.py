"""A bridge was stolen: everything its disk could be used for is ended in one transaction.

The disk holds the bank's key and a verifier for each code and each PIN: with both, six digits are found offline in
hours. So the bridge is shut out, the bank gets a new key, each live code new secret digits, and the people of the
store must choose new PINs. QRs stay: their 128 bits cannot be found from a hash.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import outbox, tasks, timeline
from bopis.bridges.actions import revoke
from bopis.bridges.models import Bridge
from bopis.bridges.people import people_changed
from bopis.lockers.queries import seal_bank_key
from bopis.messages import NEW_CODE, TellShopper
from bopis.pickups import grants
from bopis.pickups.models import IS_NOT_CLOSED, Grant
from bopis.staff.actions import end_pin
from bopis.staff.models import StaffMember
from bopis.staff.queries import people_in
from bopis.stores.queries import lock


@dataclass(frozen=True)
class Ended:
    """What was ended: codes made anew, shoppers told of theirs, people who must choose a new PIN."""

    codes: int
    told: int
    people: int


def stolen(session: Session, bridge: Bridge, now: dt.datetime, *, actor: str) -> Ended:
    """Shut the bridge out and end what its disk gives. Pressed twice it ends nothing twice."""
    bank = bridge.bank
    lock(session, bank.store_id)
    session.refresh(bridge)
    if bridge.revoked_at is not None:
        return Ended(0, 0, 0)
    revoke(session, bridge, now)
    bank.key_sealed = seal_bank_key(bank.id, secrets.token_bytes(32))
    session.flush()
    live = list(session.scalars(select(Grant).where(Grant.bank_id == bank.id, IS_NOT_CLOSED).order_by(Grant.id)))
    told = sum(_new_code(session, grant, now, actor) for grant in live)
    people = people_in(session, bank.merchant_id, bank.store_id)
    for person in people:
        _new_pin(session, person, now)
    people_changed(session, bank.store_id)
    return Ended(len(live), told, len(people))


def _new_code(session: Session, grant: Grant, now: dt.datetime, actor: str) -> bool:
    """Whether its shopper knew the old code, and so is told the new one."""
    grants.renew_code(session, grant, now)
    pickup = grant.pickup
    timeline.write(session, pickup.id, "code_renewed", actor=actor, at=now)
    if pickup.state not in ("ready", "expired"):
        return False
    outbox.put(session, TellShopper(pickup.id, NEW_CODE, grant.version), now, merchant_id=pickup.merchant_id)
    return True


def _new_pin(session: Session, person: StaffMember, now: dt.datetime) -> None:
    end_pin(session, person)
    tasks.ask(
        session,
        "set_new_pin",
        person.id,
        merchant_id=person.merchant_id,
        store_id=person.store_id,
        reason=f"{person.name} must choose a new PIN: the bridge that knew the old one was stolen.",
        now=now,
    )
