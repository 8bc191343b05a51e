"""What people at the lockers tell or ask for, and doors that open although nobody asked."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis.bridges.models import Bridge, DeviceEvent
from bopis.bridges.people import people_changed
from bopis.lockers.queries import compartment
from bopis.pickups.device_words import ask, grant_of, say
from bopis.pickups.models import Placement
from bopis.staff import actions as staff
from bopis.staff.models import StaffMember


def counter_arrived(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A shopper whose goods are at the counter showed their code."""
    grant = grant_of(session, bridge, event)
    if grant is not None:
        say(session, grant.pickup, "arrived_at_counter", bridge, event)
        ask(
            session,
            bridge,
            "shopper_at_counter",
            grant.pickup_id,
            f"The shopper of {grant.pickup.order.name} is at the counter.",
            now,
        )


def problem_reported(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A shopper pressed a button that says that something is wrong."""
    words = {
        "empty": "says that the locker was empty",
        "not_open": "says that the door did not open",
        "help": "asks for help at the lockers",
    }
    grant = grant_of(session, bridge, event)
    if grant is not None:
        problem = event.data["problem"]
        say(session, grant.pickup, "problem_reported", bridge, event, problem=problem)
        ask(
            session,
            bridge,
            "shopper_needs_help",
            grant.pickup_id,
            f"The shopper of {grant.pickup.order.name} {words[problem]}.",
            now,
        )


def grant_locked(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A code was typed wrong too often."""
    grant = grant_of(session, bridge, event)
    if grant is not None:
        say(session, grant.pickup, "code_locked", bridge, event)
        ask(
            session,
            bridge,
            "code_locked",
            grant.pickup_id,
            f"The code of {grant.pickup.order.name} was typed wrong ten times and is locked. Its QR still works.",
            now,
        )


def opened_unasked(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A door opened that nobody asked to: somebody should look."""
    box = compartment(session, bridge.bank_id, event.data["door"])
    if box is None:
        return
    inside = session.scalars(
        select(Placement).where(Placement.compartment_id == box.id, Placement.state == "loaded")
    ).first()
    if inside is not None:
        say(session, inside.pickup, "door_opened_unasked", bridge, event, door=box.number)
    ask(session, bridge, "odd_event", box.id, f"Door {box.number} opened although nobody asked for it.", now)


def staff_locked(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Somebody's PIN was guessed at at the kiosk: their badge lets nobody in anywhere until a manager unlocks it."""
    person = session.get(StaffMember, event.data["staff"])
    if person is not None and person.store_id == bridge.bank.store_id:
        staff.lock(session, person)
        people_changed(session, person.store_id)
