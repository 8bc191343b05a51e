"""What every handler of a device event needs: what the event is about, who did it, and where to say so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.pickups.models import Grant, Pickup, Placement


def placement_of(session: Session, bridge: Bridge, event: DeviceEvent) -> Placement | None:
    """The placement an event names, if its merchant has it."""
    placement_id = event.data.get("placement")
    placement = session.get(Placement, placement_id) if placement_id else None
    return placement if placement and placement.merchant_id == bridge.merchant_id else None


def grant_of(session: Session, bridge: Bridge, event: DeviceEvent) -> Grant | None:
    """The grant an event names, if it is of this bank."""
    grant_id = event.data.get("grant")
    grant = session.get(Grant, grant_id) if grant_id else None
    return grant if grant and grant.bank_id == bridge.bank_id else None


def evidence(event: DeviceEvent, otherwise: str) -> str:
    """What tells that a place is empty: its sensor, or `otherwise` where it has none."""
    return "item_sensor" if event.data.get("item") == "absent" else otherwise


def actor(bridge: Bridge, event: DeviceEvent) -> str:
    """Who did it: whoever of the staff was signed in at the kiosk, else the bridge itself."""
    staff = event.data.get("staff")
    return f"staff:{staff}" if isinstance(staff, str) and staff else f"bridge:{bridge.id}"


def say(session: Session, pickup: Pickup, what: str, bridge: Bridge, event: DeviceEvent, **detail: Any) -> None:
    """Write it on the pickup's timeline, at the time it happened."""
    timeline.write(session, pickup.id, what, actor=actor(bridge, event), at=event.at, **detail)


def ask(session: Session, bridge: Bridge, kind: str, subject_id: str, reason: str, now: dt.datetime) -> None:
    """Ask a person of the bridge's store."""
    tasks.ask(
        session, kind, subject_id, merchant_id=bridge.merchant_id, store_id=bridge.bank.store_id, reason=reason, now=now
    )
