"""A door asked to open for staff who are there, and what they did told on the timeline.

What really happened comes back as device events (`pickups.device_events`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.bridges.actions import command_open
from bopis.bridges.models import DoorCommand
from bopis.bridges.queries import bridge_of
from bopis.errors import Conflict
from bopis.pickups.models import Pickup, Placement
from bopis.staff.models import StaffSession


def open_door(session: Session, placement: Placement, cause: str, by: StaffSession, now: dt.datetime) -> DoorCommand:
    """Ask for the door of this placement, once however often it is tapped. Raises Conflict for who is not there."""
    compartment = placement.compartment
    assert compartment is not None
    if by.bank_id != compartment.bank_id or by.bridge_session is None or (by.present_until or now) <= now:
        raise Conflict("not_present", "Type the six digits on the locker's screen first, to show that you are there.")
    already = _on_its_way(session, placement, compartment.bank_id, now)
    if already is not None:
        return already  # tapped twice
    if cause == "load":
        placement.touched = True
    command = command_open(
        session,
        compartment,
        cause=cause,
        actor=who(by),
        placement_id=placement.id,
        bridge_session=by.bridge_session,
        now=now,
    )
    say(
        session,
        placement.pickup,
        f"{cause}_asked",
        by,
        now,
        door=compartment.number,
        placement=placement.id,
        command=command.id,
    )
    return command


def say(session: Session, pickup: Pickup, what: str, by: StaffSession, now: dt.datetime, **detail: object) -> None:
    """Write what a person did on the timeline."""
    timeline.write(session, pickup.id, what, actor=who(by), at=now, **detail)


def who(by: StaffSession) -> str:
    """Who did it, as the timeline names them."""
    return f"staff:{by.staff_id}"


def _on_its_way(session: Session, placement: Placement, bank_id: str, now: dt.datetime) -> DoorCommand | None:
    bridge = bridge_of(session, bank_id)
    waiting = session.scalars(
        select(DoorCommand).where(
            DoorCommand.bridge_id == (bridge.id if bridge else None),
            DoorCommand.status == "waiting",
            DoorCommand.expires_at > now,
        )
    )
    return next((command for command in waiting if command.details.get("placement") == placement.id), None)
