"""What a shopper asks of the place their order gets, themselves or by word of staff, as long as nothing is loaded."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import timeline
from bopis.errors import Conflict
from bopis.pickups import actions, later
from bopis.pickups.models import Pickup


def may_ask(pickup: Pickup) -> bool:
    """Whether its place can still be chosen otherwise."""
    return pickup.state in ("waiting", "reserved") and not later.has_goods(pickup)


def low_door(session: Session, pickup: Pickup, wanted: bool, now: dt.datetime, *, actor: str) -> None:
    """Give it a door that everybody can reach, or let it have any again. Expects the store's lock. Raises Conflict.

    Where no such door is free it goes to the counter, and the reason says so.
    """
    if pickup.low_door == wanted:
        return
    if not may_ask(pickup):
        raise Conflict("already_loaded", "It is in its place already, or no longer here. Ask at the counter for help.")
    pickup.low_door = wanted
    timeline.write(session, pickup.id, "low_door_asked" if wanted else "low_door_dropped", actor=actor, at=now)
    if pickup.state == "reserved":
        actions.give_up_place(session, pickup, now, reason="asked", actor=actor)
    session.flush()
