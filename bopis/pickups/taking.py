"""A door taken for goods in hand: whoever was only promised it loses it, and the code must open it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis.errors import Conflict
from bopis.lockers.models import Compartment
from bopis.pickups import actions, grants, places
from bopis.pickups.models import Pickup, Placement
from bopis.prepared import send


def take(
    session: Session, pickup: Pickup, compartment_id: str, robbed: str | None, now: dt.datetime, parcel: int = 1
) -> Placement:
    """Hold this door for a pickup; `robbed` is the one it was only promised to. Raises Conflict."""
    if robbed is not None:
        loser = session.get_one(Pickup, robbed)
        for placement in loser.live_placements():
            if placement.compartment_id == compartment_id:
                places.release(session, placement, "never_opened", now)
        placement = places.give(session, pickup, compartment_id, now, parcel=parcel)
        actions.give_up_place(session, loser, now, reason="door_taken", actor=actions.SYSTEM)
    else:
        placement = places.give(session, pickup, compartment_id, now, parcel=parcel)
    _have_a_code_there(session, pickup, session.get_one(Compartment, compartment_id).bank_id, now)
    return placement


def _have_a_code_there(session: Session, pickup: Pickup, bank_id: str, now: dt.datetime) -> None:
    """Let its bridge hear of the place. A code that nobody was told may be exchanged for one of another bank."""
    grant = grants.open_grant(session, pickup.id)
    if grant is None:
        return
    if grant.bank_id == bank_id or pickup.ready_at is not None:
        grants.changed(session, grant, now)
        return
    grants.close(session, grant, now)
    try:
        send(session, *grants.issue(session, pickup, bank_id, now))
    except grants.NoSelectorFree:
        raise Conflict(
            "no_code_free", "Every pickup code is in use there. Hand out or take out another order first."
        ) from None
