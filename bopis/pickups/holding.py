"""A pickup's hold: begun when everything is in its place, lengthened by its shopper, pinned while they are on the way.

Every function expects the store's lock to be held and leaves the commit to its caller.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bopis import timeline
from bopis.errors import Conflict
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.stores import holding, hours
from bopis.stores.holding import Place, Reminder, Rules
from bopis.stores.models import Store

PIN = dt.timedelta(hours=2)
"""How long a shopper who is on the way finds everything where it lies."""
GRACE = dt.timedelta(minutes=10)
"""So long after its end a hold is ended: what was collected in its last seconds is known by then."""
SHOPPER = "shopper"


def rules_of(store: Store) -> Rules:
    """The rules of a store: its merchant's, with the store's own hold time where it has one."""
    kept = dict(store.merchant.holding or {})
    return Rules.of(kept | ({"hold_hours": store.hold_hours} if store.hold_hours else {}))


def begin(session: Session, pickup: Pickup, now: dt.datetime) -> dt.datetime:
    """Hold a pickup for its shopper from now on; returns until when."""
    assert pickup.store is not None
    until = holding.end(now, rules_of(pickup.store).hold_hours, place_of(pickup))
    pickup.ready_at, pickup.extended, pickup.reminded, pickup.pinned_until = now, 0, None, None
    pickup.fee_due, pickup.fee_at = None, now if pickup.store.merchant.storage_fee else None
    _ends(pickup, until, now)
    session.flush()
    return until


def extension(pickup: Pickup, now: dt.datetime) -> dt.datetime | None:
    """Until when the shopper could have it held with one more tap; None when there is no more time to ask for."""
    if pickup.state != "ready" or pickup.store is None or pickup.hold_until is None or pickup.hold_until <= now:
        return None
    rules = rules_of(pickup.store)
    if (pickup.extended or 0) >= rules.extend_times:
        return None
    return holding.end(pickup.hold_until, rules.extend_hours, place_of(pickup))


def extend(session: Session, pickup: Pickup, shown: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Hold it longer, as its shopper asks; returns until when. Raises Conflict.

    `shown` is the end that the shopper saw when asking: who taps twice, or on two phones, asks once.
    """
    if shown is not None and pickup.hold_until is not None and shown < pickup.hold_until and pickup.state == "ready":
        return pickup.hold_until
    until = extension(pickup, now)
    if until is None:
        raise Conflict("no_more_time", "It cannot be kept longer. Ask at the counter if you cannot come in time.")
    pickup.extended = (pickup.extended or 0) + 1
    lengthen(session, pickup, until, now, actor=SHOPPER)
    return until


def lengthen(session: Session, pickup: Pickup, until: dt.datetime, now: dt.datetime, *, actor: str) -> None:
    """Let a hold end at `until`, and its code open as long."""
    if pickup.reminded == holding.LAST_CHANCE:
        pickup.reminded = holding.AFTER_A_DAY  # of the new end it is said once more
    _ends(pickup, until, now)
    grant = grants.open_grant(session, pickup.id)
    assert grant is not None
    grants.activate(session, grant, until, now)
    timeline.write(session, pickup.id, "extended", actor=actor, at=now, until=until.isoformat())
    session.flush()


def on_my_way(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """Its shopper is coming: for a while it stays where it lies. Raises Conflict."""
    if pickup.state != "ready" or pickup.hold_until is None or pickup.hold_until <= now:
        raise Conflict("not_ready", "There is nothing to pick up now. This page says how it stands.")
    if is_pinned(pickup, now):
        return
    pickup.pinned_until = min(now + PIN, pickup.hold_until)
    timeline.write(session, pickup.id, "on_my_way", actor=SHOPPER, at=now, until=pickup.pinned_until.isoformat())
    session.flush()


def is_pinned(pickup: Pickup, now: dt.datetime) -> bool:
    """Whether its shopper is on the way."""
    # A pin from further ahead than any pin reaches was written by a clock that has been put back since.
    return pickup.pinned_until is not None and now < pickup.pinned_until <= now + PIN


def plan(pickup: Pickup) -> list[Reminder]:
    """The reminders of its hold."""
    assert pickup.store is not None and pickup.ready_at is not None and pickup.hold_until is not None
    zone = ZoneInfo(pickup.store.time_zone)
    return holding.plan(pickup.ready_at, pickup.hold_until, rules_of(pickup.store), zone)


def next_due(pickup: Pickup, now: dt.datetime) -> dt.datetime:
    """When its hold asks for something next."""
    assert pickup.hold_until is not None
    said = holding.REMINDERS.index(pickup.reminded) if pickup.reminded else -1
    ahead = (each.at for each in plan(pickup) if holding.REMINDERS.index(each.template) > said and each.at > now)
    return min(next(ahead, pickup.hold_until + GRACE), pickup.hold_until + GRACE)


def _ends(pickup: Pickup, until: dt.datetime, now: dt.datetime) -> None:
    pickup.hold_until, pickup.kept_because = until, None
    pickup.hold_number = (pickup.hold_number or 0) + 1
    pickup.due_at = next_due(pickup, now)


def place_of(pickup: Pickup) -> Place:
    """Goods at the counter, or in lockers inside the store, can be reached only while it is open."""
    store = pickup.store
    assert store is not None
    boxes = [place.compartment for place in pickup.wanted_placements()]
    outdoors = all(box is not None and not box.bank.indoors for box in boxes)
    known = None if outdoors or not store.opening else hours.read(store.opening)
    return Place(ZoneInfo(store.time_zone), known)
