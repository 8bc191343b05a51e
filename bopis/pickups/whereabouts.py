"""Where a shopper is told that an order is, and whether they know that already."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bopis import timeline
from bopis.messages import AT_COUNTER, IN_LOCKER, MailShopper, TellShopper
from bopis.pickups.models import Pickup

_SAYS = {AT_COUNTER: "counter", IN_LOCKER: "locker"}


def place_of(pickup: Pickup) -> str:
    """Where a message says that it is: counter or locker."""
    return "counter" if pickup.is_at_counter() else "locker"


def is_known(session: Session, pickup: Pickup, message: TellShopper | MailShopper) -> bool:
    """Whether a message that says where an order went would say nothing new: it is elsewhere by now, or the last thing
    its shopper was told said the same place. Of all others, False."""
    if message.template not in _SAYS:
        return False
    place = place_of(pickup)
    if place != _SAYS[message.template]:
        return True
    told = [entry.detail for entry in timeline.entries(session, pickup.id) if entry.what == "shopper_told"]
    return bool(told) and told[-1].get("place") == place
