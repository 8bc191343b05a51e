"""The end of a hold: the code is over, and a person is asked to take the goods out. Nothing is freed by it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.bridges.queries import ONLINE_WITHIN, bridge_of
from bopis.pickups import actions, grants, holding
from bopis.pickups.models import Pickup
from bopis.pickups.reminding import remind, tell_over

LOOK_AGAIN = dt.timedelta(minutes=5)
CATCHING_UP = dt.timedelta(minutes=2)
"""A bridge that was away tells of it in parts: one that told old news so lately may have more of them."""
BANK_SILENT, DOOR_OPEN = "bank_silent", "door_open"


def follow_up(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """Do what the hold of a pickup asks for now, and note when it asks again. Expects the store's lock.

    Taken again at any time, in any order, it does nothing twice.
    """
    if _ended_in_the_night(session, pickup):
        tell_over(session, pickup, now)
    elif pickup.state != "ready" or pickup.hold_until is None:
        pickup.due_at = None
    elif now < pickup.hold_until + holding.GRACE:
        remind(session, pickup, now)
    else:
        why = why_kept(session, pickup, now)
        if why:
            _wait(session, pickup, why, now)
        else:
            expire(session, pickup, now)
    session.flush()


def why_kept(session: Session, pickup: Pickup, now: dt.datetime) -> str:
    """Why a pickup must not expire now, as a stable word; empty when it may.

    Lockers we do not hear from may have handed it out long ago; a door that stands open is being emptied.
    """
    boxes = [place.compartment for place in pickup.live_placements()]
    for bank_id in sorted({box.bank_id for box in boxes if box is not None}):
        if not _is_heard(session, bridge_of(session, bank_id), now):
            return BANK_SILENT
    return DOOR_OPEN if any(box is not None and box.in_service and box.door == "open" for box in boxes) else ""


def expire(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """End the hold. The code is closed, here and at its bridge; the goods stay assigned until they are out."""
    assert pickup.hold_until is not None
    until = pickup.hold_until.isoformat()
    actions.move(session, pickup, "expired", actor=actions.SYSTEM, now=now, until=until)
    pickup.kept_because = pickup.pinned_until = None
    tell_over(session, pickup, now)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.close(session, grant, now)
    at_counter = all(place.compartment_id is None for place in pickup.live_placements())
    where = "at the counter" if at_counter else "in a locker"
    tasks.ask(
        session,
        "reclaim",
        pickup.id,
        merchant_id=pickup.merchant_id,
        store_id=pickup.store_id,
        reason=f"{pickup.order.name} was not collected in time; it is {where}.",
        now=now,
    )


def _ended_in_the_night(session: Session, pickup: Pickup) -> bool:
    """Whether its shopper is to be told this morning: it may be back by now, but neither collected nor called off."""
    if pickup.state == "returned" and pickup.due_at is not None:
        return not any(entry.what == "cancelled" for entry in timeline.entries(session, pickup.id))
    return pickup.state == "expired"


def _wait(session: Session, pickup: Pickup, why: str, now: dt.datetime) -> None:
    if pickup.kept_because != why:
        pickup.kept_because = why
        timeline.write(session, pickup.id, "expiry_waits", actor=actions.SYSTEM, at=now, why=why)
    pickup.due_at = now + LOOK_AGAIN


def _is_heard(session: Session, bridge: Bridge | None, now: dt.datetime) -> bool:
    """Whether we know what this bridge's doors have done until now."""
    if bridge is None or bridge.frozen_at is not None or bridge.seen_at is None:
        return False
    if bridge.seen_at < now - ONLINE_WITHIN:
        return False
    last = session.scalars(
        select(DeviceEvent).where(DeviceEvent.bridge_id == bridge.id, DeviceEvent.seq == bridge.last_seq)
    ).first()
    if last is None or last.recorded_at < now - CATCHING_UP:
        return True
    return last.at >= last.recorded_at - CATCHING_UP
