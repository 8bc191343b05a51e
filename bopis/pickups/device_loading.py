"""Goods that staff put into doors and took out of them, as the lockers tell it, perhaps long after: what happened
holds, and where our records had decided otherwise meanwhile a person is asked to look."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.errors import Conflict
from bopis.lockers.models import Compartment
from bopis.lockers.queries import compartment
from bopis.pickups import actions, carried, grants, later, loading, parcelling, places, taps
from bopis.pickups.device_words import actor, ask, placement_of, say
from bopis.pickups.models import IS_LIVE, Pickup, Placement
from bopis.prepared import send

_KEPT_BACK = ("unpaid", "on_hold", "no_code_free")
"""Reasons for which a loaded pickup may not be handed out yet."""


def adopt(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> Placement | None:
    """The placement a door was opened to load. Staff at the kiosk may have chosen a door we did not name, or one we
    have given away since: then it is made, or taken up again. None when goods of others are behind that door.
    """
    known = placement_of(session, bridge, event)
    if known is not None and (known.state != "released" or known.evidence != "never_opened"):
        known.touched = True
        session.flush()
        return known
    pickup = known.pickup if known else _pickup(session, bridge, event)
    box = compartment(session, bridge.bank_id, event.data["door"])
    if pickup is None or box is None:
        return None
    say(session, pickup, "loaded_at_kiosk", bridge, event, door=box.number)
    if pickup.store_id != bridge.bank.store_id:
        _look(
            session, bridge, box, f"{pickup.order.name} was put into door {box.number}, and is of another store.", now
        )
        return None
    _have_a_code(session, bridge, pickup, event, now)
    return _place(session, bridge, pickup, box, known, event, now)


def shut_after_loading(
    session: Session, bridge: Bridge, placement: Placement, event: DeviceEvent, now: dt.datetime
) -> None:
    """A door is shut that was opened to load: what is behind it now is as good as its pickup's state lets it be."""
    pickup, item, who = placement.pickup, event.data.get("item"), actor(bridge, event)
    if placement.abandoned:
        if item == "present":
            _seen_inside(session, bridge, pickup, event.data["door"], now)
        else:
            places.release(session, placement, "item_sensor" if item == "absent" else "staff", now)
            actions.make_returned_if_empty(session, pickup, now, actor=who)
        return
    if item == "absent":
        return  # shut empty: it stays to be loaded, and the associate sees why
    if carried.came_in(session, placement, event.at, now, actor=who):
        return
    first = placement.state != "loaded"
    placement.state, placement.loaded_at = "loaded", event.at
    session.flush()
    if first:
        taps.loaded(session, placement, now)
    if pickup.state != "reserved":
        if first:
            _not_meant_to_be_loaded(session, bridge, pickup, event.data["door"], now)
    elif all(place.state == "loaded" for place in pickup.wanted_placements()):
        if pickup.reason in _KEPT_BACK or grants.open_grant(session, pickup.id) is None:
            reason = f"{pickup.order.name} is loaded already, and may not be handed out yet."
            ask(session, bridge, "changed_after_loading", pickup.id, reason, now)
        else:
            actions.make_ready(session, pickup, now, actor=who)


def back_from(session: Session, bridge: Bridge, pickup: Pickup, event: DeviceEvent, now: dt.datetime) -> None:
    """Staff took goods out and a place of this pickup is empty: with none left, it is back with the store."""
    who = actor(bridge, event)
    if pickup.state in ("cancelled", "expired"):
        actions.make_returned_if_empty(session, pickup, now, actor=who)
    elif pickup.state in ("ready", "reserved") and not pickup.live_placements():
        if event.data.get("cause") != "unload":
            reason = f"{pickup.order.name} was taken back at the lockers while its shopper could still come."
            ask(session, bridge, "odd_event", pickup.id, reason, now)
        actions.move(session, pickup, "waiting", actor=who, now=now, reason="taken_out")
        grant = grants.open_grant(session, pickup.id)
        if grant is not None:
            grants.suspend(session, grant, now)
        actions.reserve(session, pickup, now)
        later.taken_out(session, pickup, now, actor=who)


def confirmed_empty(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A person at the lockers looked: nothing of this placement is left."""
    placement = placement_of(session, bridge, event)
    if placement is None or placement.state == "released":
        return
    pickup = placement.pickup
    places.release(session, placement, "staff", now)
    session.refresh(pickup, ["placements"])
    say(session, pickup, "confirmed_empty", bridge, event)
    tasks.settle(session, "left_uncertain", pickup.id, actor=actor(bridge, event), now=now)
    back_from(session, bridge, pickup, event, now)


def place_given_up(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """The goods did not go into this door after all, such as because it was too small."""
    placement = placement_of(session, bridge, event)
    if placement is None or placement.state != "held":
        return
    pickup, box = placement.pickup, placement.compartment
    say(session, pickup, "place_given_up", bridge, event, door=event.data["door"])
    taps.gave_up(session, placement, now)
    if box is not None and placement.parcel > len(pickup.parcels):
        parcelling.needs_size(pickup, placement.parcel, parcelling.next_size(box.size))
    if event.data.get("item") == "present":
        _seen_inside(session, bridge, pickup, event.data["door"], now)
    elif event.data.get("state") == "shut":
        places.release(session, placement, "staff", now)
    placement.abandoned = placement.state != "released"
    session.flush()
    if pickup.state == "reserved" and not pickup.wanted_placements():
        # If a larger door opens next, the report of that takes this back.
        places.give(session, pickup, None, now)
        pickup.reason = "nothing_free" if pickup.size else "too_big"
        session.flush()


def set_aside(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Staff at the kiosk took the goods to the counter instead."""
    pickup = _pickup(session, bridge, event)
    if pickup is None:
        return
    try:
        loading.put_at_counter(session, pickup, now, actor=actor(bridge, event))
    except Conflict as problem:
        reason = f"{pickup.order.name} was taken to the counter, and we knew it otherwise. {problem.message}"
        ask(session, bridge, "odd_event", pickup.id, reason, now)


def all_in(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Staff at the kiosk put everything into fewer doors than it was promised."""
    pickup = _pickup(session, bridge, event)
    if pickup is None or pickup.state == "ready":
        return
    try:
        parcelling.let_go(session, pickup, now, actor=actor(bridge, event))
    except Conflict:
        reason = f"All of {pickup.order.name} is said to be in its doors, and we knew it otherwise. See that it is."
        ask(session, bridge, "odd_event", pickup.id, reason, now)


def _place(
    session: Session,
    bridge: Bridge,
    pickup: Pickup,
    box: Compartment,
    known: Placement | None,
    event: DeviceEvent,
    now: dt.datetime,
) -> Placement | None:
    parcel = _stands_for(session, pickup, now)
    holder = session.scalars(select(Placement).where(Placement.compartment_id == box.id, IS_LIVE)).first()
    if holder is not None and (holder.state != "held" or holder.touched):
        reason = f"{pickup.order.name} was put into door {box.number}, where {holder.pickup.order.name} should be."
        _look(session, bridge, box, reason, now)
        return None
    if holder is not None:
        places.release(session, holder, "never_opened", now)
    placement = known or places.give(session, pickup, box.id, now, event.data["placement"], parcel)
    placement.compartment_id, placement.state, placement.touched = box.id, "held", True
    placement.released_at, placement.evidence, placement.abandoned = None, "", False
    placement.created_at = now  # another one may have had this door meanwhile
    session.flush()
    session.refresh(pickup, ["placements"])
    if holder is not None and holder.pickup.state == "reserved" and not holder.pickup.wanted_placements():
        actions.give_up_place(session, holder.pickup, now, reason="door_taken", actor=actions.SYSTEM)
    grant = grants.open_grant(session, pickup.id)
    if grant is not None:
        grants.changed(session, grant, now)
    return placement


def _stands_for(session: Session, pickup: Pickup, now: dt.datetime) -> int:
    """The parcel that was put into a door nobody had named; the promise made for it is taken back."""
    wanted = pickup.wanted_placements()
    promised = [place for place in wanted if place.state == "held" and not place.touched]
    if len(wanted) < len(pickup.parcels) or not promised:
        there = {place.parcel for place in wanted}
        return min(set(range(1, len(wanted) + 2)) - there)
    instead_of = min(promised, key=lambda place: place.parcel)
    parcel = instead_of.parcel
    for place in [instead_of] if pickup.parcels else promised:
        _take_promise_back(session, place, now)
    return parcel


def _take_promise_back(session: Session, promised: Placement, now: dt.datetime) -> None:
    """One made in this very moment, together with a code, never was: the goods are behind another door already."""
    if promised.created_at == now:
        session.delete(promised)
        session.flush()
    else:
        places.release(session, promised, "never_opened", now)


def _have_a_code(session: Session, bridge: Bridge, pickup: Pickup, event: DeviceEvent, now: dt.datetime) -> None:
    """A pickup that waited for a place has one now, and its code must be one of this bank."""
    if pickup.state == "waiting" and pickup.reason not in _KEPT_BACK:
        actions.reserve(session, pickup, now, actor=actor(bridge, event))
    if pickup.state == "waiting":
        actions.move(session, pickup, "reserved", actor=actor(bridge, event), now=now, reason=pickup.reason)
    grant = grants.open_grant(session, pickup.id)
    if pickup.state == "reserved" and grant is not None and grant.bank_id != bridge.bank_id:
        grants.close(session, grant, now)
        try:
            send(session, *grants.issue(session, pickup, bridge.bank_id, now))
        except grants.NoSelectorFree:
            pickup.reason = "no_code_free"


def _not_meant_to_be_loaded(session: Session, bridge: Bridge, pickup: Pickup, door: int, now: dt.datetime) -> None:
    name = pickup.order.name
    if pickup.state in ("cancelled", "expired"):
        pickup.closed_at = None
        session.flush()
        reason = f"{name} was loaded into door {door}, and had been called off or was over."
        ask(session, bridge, "reclaim", pickup.id, reason, now)
    elif pickup.state == "ready":
        grant = grants.open_grant(session, pickup.id)
        if grant is not None:
            grants.changed(session, grant, now)
        reason = f"{name} was loaded into door {door}, and was ready already. Its code opens every place it is in."
        ask(session, bridge, "odd_event", pickup.id, reason, now)
    else:
        reason = f"{name} was loaded into door {door}, and had been handed over or taken back."
        ask(session, bridge, "left_uncertain", pickup.id, reason, now)


def _seen_inside(session: Session, bridge: Bridge, pickup: Pickup, door: int, now: dt.datetime) -> None:
    reason = f"Door {door} was given up, but its sensor sees something inside."
    ask(session, bridge, "left_uncertain", pickup.id, reason, now)


def _look(session: Session, bridge: Bridge, box: Compartment, reason: str, now: dt.datetime) -> None:
    ask(session, bridge, "odd_event", box.id, f"{reason} Look inside.", now)


def _pickup(session: Session, bridge: Bridge, event: DeviceEvent) -> Pickup | None:
    pickup_id = event.data.get("pickup")
    pickup = session.get(Pickup, pickup_id) if isinstance(pickup_id, str) else None
    return pickup if pickup and pickup.merchant_id == bridge.merchant_id else None
