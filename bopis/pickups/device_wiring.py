"""What a bridge finds out about its doors and their wires, and what that means for the goods behind them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.lockers import actions as lockers
from bopis.lockers.models import Compartment
from bopis.lockers.queries import compartment
from bopis.pickups import actions, places
from bopis.pickups.device_words import actor, ask, placement_of, say
from bopis.pickups.models import IS_LIVE, Placement


def wiring_mismatch(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Another door moved than the one that was pulsed: nothing opens in this bank, and somebody's goods lie open."""
    data, bank = event.data, bridge.bank
    meant, moved = (compartment(session, bank.id, data[name]) for name in ("door", "moved"))
    lockers.quarantine(session, bank, data["door"], data["moved"], event.at)
    ask(
        session,
        bridge,
        "wiring_mismatch",
        bank.id,
        f"Door {data['door']} was to open, and door {data['moved']} opened{' with it' if data.get('both') else ''}. "
        f"Nothing opens in “{bank.name}” until its doors are commissioned anew. Hand orders out at the counter.",
        now,
    )
    for box in (meant, moved):
        if box is not None and box.in_service:
            lockers.take_out_of_service(session, box, lockers.WRONG_DOOR)
    _lies_open(session, bridge, event, moved, now)
    _was_meant(session, bridge, event, now)
    _give_others_places(session, bridge, event, now, reason="bank_quarantined")


def quarantine_ended(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """An admin said that the wires are right."""
    by = f"staff:{event.data['by']}"
    for box in lockers.end_quarantine(session, bridge.bank):
        tasks.settle(session, "door_failed", box.id, actor=by, now=now)
    tasks.settle(session, "wiring_mismatch", bridge.bank_id, actor=by, now=now)


def sensor_suspect(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A sensor that says the same whatever happens is no longer believed, and its door takes no new goods."""
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is None:
        return
    if box.in_service:
        lockers.take_out_of_service(session, box, lockers.SUSPECT)
    reading = event.data.get("reading", "the same")
    text = f"The sensor of door {box.number} says “{reading}” whatever happens. Look at the door, then at its sensor."
    ask(session, bridge, "sensor_suspect", box.id, text, now)


def sensor_sound(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """It moved after all."""
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is not None:
        if box.out_of_service_reason == lockers.SUSPECT:
            lockers.put_back_into_service(session, box)
        tasks.settle(session, "sensor_suspect", box.id, actor=actor(bridge, event), now=now)


def commissioning(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Somebody is setting the doors up: the bank is closed for service until they end it."""
    step, by = event.data["step"], event.data["by"]
    if step == "begun":
        text = f"{by} is setting up the doors of “{bridge.bank.name}”: it is closed for service until that is done."
        ask(session, bridge, "closed_for_service", bridge.bank_id, text, now)
    elif step == "left":
        tasks.settle(session, "closed_for_service", bridge.bank_id, actor=actor(bridge, event), now=now)


def commissioned(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Somebody opened door after door and said what moved: that is how the bank is wired from now on.

    A door that was not found and holds goods stays, out of service, with a task for whoever takes them out.
    """
    data = event.data
    before = lockers.commission(session, bridge.bank, data["board"], data["board_options"], data["doors"])
    by = actor(bridge, event)
    for kind in ("wiring_mismatch", "closed_for_service"):
        tasks.settle(session, kind, bridge.bank_id, actor=by, now=now)
    for box in before.put_right:
        for kind in ("door_failed", "sensor_suspect"):
            tasks.settle(session, kind, box.id, actor=by, now=now)
    for box in before.missing:
        inside = _inside(session, box)
        if inside is not None:
            text = f"Door {box.number} with {inside.pickup.order.name} was not found when the lockers were set up."
            ask(session, bridge, "door_failed", box.id, text, now)
            say(session, inside.pickup, "door_not_found", bridge, event, door=box.number)
    _give_others_places(session, bridge, event, now, reason="door_out_of_service")


def _lies_open(
    session: Session, bridge: Bridge, event: DeviceEvent, moved: Compartment | None, now: dt.datetime
) -> None:
    inside = _inside(session, moved)
    if inside is None or moved is None:
        return
    say(session, inside.pickup, "door_opened_wrongly", bridge, event, door=moved.number)
    text = f"Door {moved.number} with {inside.pickup.order.name} opened by mistake. See whether its goods are there."
    ask(session, bridge, "goods_exposed", inside.pickup_id, text, now)


def _was_meant(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Whoever stands there must not be left with the wrong door."""
    placement, data = placement_of(session, bridge, event), event.data
    if placement is None or placement.state == "released" or data.get("both"):
        return
    pickup = placement.pickup
    say(session, pickup, "wrong_door", bridge, event, door=data["door"], moved=data["moved"])
    if data["cause"] == "load" and placement.state == "held":
        places.release(session, placement, "never_opened", now)
        if pickup.state == "reserved" and not pickup.wanted_placements():
            actions.give_up_place(session, pickup, now, reason="bank_quarantined", actor=actor(bridge, event))
    elif data["cause"] == "grant":
        text = f"Door {data['moved']} opened for the shopper of {pickup.order.name} instead of door {data['door']}."
        ask(session, bridge, "shopper_needs_help", pickup.id, text, now)


def _give_others_places(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime, *, reason: str) -> None:
    """Whoever was only promised a door here that takes no goods any more gets another place."""
    promised = session.scalars(
        select(Placement)
        .join(Compartment, Compartment.id == Placement.compartment_id)
        .where(Compartment.bank_id == bridge.bank_id, Placement.state == "held", Placement.touched.is_(False))
    ).all()
    for placement in promised:
        box = placement.compartment
        usable = box is not None and box.in_service and bridge.bank.quarantined_at is None
        if not usable and placement.state == "held" and placement.pickup.state == "reserved":
            actions.give_up_place(session, placement.pickup, now, reason=reason, actor=actor(bridge, event))


def _inside(session: Session, box: Compartment | None) -> Placement | None:
    if box is None:
        return None
    found = session.scalars(select(Placement).where(Placement.compartment_id == box.id, IS_LIVE)).first()
    return found if found is not None and (found.state == "loaded" or found.touched) else None
