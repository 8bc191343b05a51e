"""The bank as the kiosk's page sees it: one JSON value, the same for every screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from firmware_bridge.bank import Bank
from firmware_bridge.changes import Changes
from firmware_bridge.desk import Desk
from firmware_bridge.handover import Handover
from firmware_bridge.journal import Journal
from firmware_bridge.judge import Judge
from firmware_bridge.kiosk.scans import Scans
from firmware_bridge.presence import Presence
from firmware_bridge.session import Session


@dataclass
class Parts:
    """What the page is drawn from, and acts on."""

    journal: Journal
    bank: Bank
    handover: Handover
    judge: Judge
    presence: Presence
    changes: Changes
    desk: Desk
    enrolled: bool = False
    online: bool = False
    refused: bool = False
    """The service answers, and does not know this bridge any more."""
    page_seen: float | None = None
    """When the page last asked for the state with its picture painted; monotonic."""

    def __post_init__(self) -> None:
        self.scans = Scans(self.handover, self.changes.touch, self.journal.clock.mono)
        self.scans.badge, self.scans.order = self.desk.badge, self.desk.scan

    def page_seconds(self) -> float | None:
        """How long ago the page last showed that it lives; None when it never did. Asked for every ten seconds."""
        return None if self.page_seen is None else round(self.journal.clock.mono() - self.page_seen, 1)


def state(parts: Parts, seq: int) -> dict[str, Any]:
    """The page's State."""
    with parts.bank.lock:
        layout = parts.bank.layout
        code, seconds_left = parts.presence.shown()
        kiosk = parts.judge.throttles.kiosk()
        trouble = _trouble(parts)
        return {
            "seq": seq,
            "bank": {"name": layout.bank if layout else ""},
            "store": {"name": layout.store if layout else ""},
            "ready": parts.enrolled and layout is not None and trouble is None,
            "trouble": trouble,
            "quarantined": parts.bank.quarantine is not None,
            "online": parts.online,
            "refused": parts.refused,
            "presence": {"code": code, "seconds_left": seconds_left},
            "paused_seconds": kiosk.paused_seconds,
            "assist": parts.judge.closed(),
            "doors": _doors(parts.bank),
            "session": _session(parts),
            "scan": parts.scans.shown,
            "staff": parts.desk.view(),
        }


def _trouble(parts: Parts) -> str | None:
    if parts.bank.closed:
        return "service"
    if not parts.enrolled:
        return "not_enrolled"
    if parts.journal.failing:
        return "disk"
    if parts.journal.resyncing:
        return "resync"
    doors = parts.bank.doors.values()
    return "board_silent" if doors and all(door.state == "unknown" for door in doors) else None


def _doors(bank: Bank) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "row": spot.row,
            "column": spot.column,
            "height": spot.height,
            "size": spot.size,
            "accessible": spot.accessible,
            "state": bank.doors[number].state,
            "in_service": bank.doors[number].in_service,
            "suspect": bank.doors[number].suspect,
            "reminders": bank.doors[number].reminded,
        }
        for number, spot in (bank.layout.doors.items() if bank.layout else ())
    ]


def _session(parts: Parts) -> dict[str, Any] | None:
    session: Session | None = parts.handover.session
    if session is None:
        return None
    door = parts.bank.doors.get(session.stop.door or 0)
    return {
        "id": session.id,
        "who": session.who,
        "door": session.stop.door,
        "phase": session.phase,
        "doors_left": session.doors_left,
        "doors_total": sum(stop.door is not None for stop in session.stops),
        "can_reopen": session.may_reopen(parts.journal.clock.mono()),
        "sensor": session.sensor,
        "reminders": door.reminded if door is not None else 0,
        "left_open": door is not None and door.state == "open" and door.left_open,
    }
