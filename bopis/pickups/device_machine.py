"""What a bridge reports of its own machine: a disk that fills up, a journal that was damaged, a clock that is off."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bopis import tasks
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.pickups.device_words import ask

CLOCK_OFF_SECONDS = 3600
"""A clock so far off at a start has no battery, or an empty one."""


def journal_damaged(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """Its memory was lost in part: codes are told anew, and somebody should change the disk."""
    lost = ", ".join(str(table) for table in event.data.get("lost", [])) or "nothing"
    reason = f"The bridge’s journal was damaged; not readable to the end: {lost}. Its disk may be failing: change it."
    ask(session, bridge, "look_after_bridge", bridge.bank_id, reason, now)


def disk_tight(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """No door opens by code there until there is room."""
    megabytes = int(event.data.get("free", 0)) // 1_000_000
    reason = f"The bridge’s disk is nearly full ({megabytes} MB left): no door opens by code until there is room."
    ask(session, bridge, "look_after_bridge", bridge.bank_id, reason, now)


def disk_roomy(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """There is room again."""
    tasks.settle(session, "look_after_bridge", bridge.bank_id, actor=f"bridge:{bridge.id}", now=now)


def clock_moved(session: Session, bridge: Bridge, event: DeviceEvent, now: dt.datetime) -> None:
    """A jump of the machine's own clock is kept as an event; one that was far off is somebody's business."""
    hours = abs(int(event.data.get("seconds", 0))) // 3600
    if event.data.get("clock") == "bridge" and hours * 3600 >= CLOCK_OFF_SECONDS:
        reason = f"The bridge’s clock was {hours} h off. Give its machine a clock with a battery, or a new battery."
        ask(session, bridge, "look_after_bridge", bridge.bank_id, reason, now)
