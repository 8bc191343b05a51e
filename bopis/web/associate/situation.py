"""What an associate sees of one pickup now: worked out from its placements, its timeline and its door commands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.bridges.models import DoorCommand
from bopis.pickups.models import Pickup, Placement, all_needs
from bopis.pickups.words import NEEDS, STATES
from bopis.timeline import TimelineEntry

STALE = dt.timedelta(minutes=15)
"""After this long nobody stands before the door any more, and what went wrong there is history."""
TROUBLED = ("refused", "expired", "failed", "unknown")


_TROUBLE = {
    "not_present": "The lockers no longer know that you are there. Type the digits on their screen again.",
    "busy": "Someone stands at an open door. Try again when it is shut.",
    "out_of_service": "Door {n} is out of service.",
    "unknown_door": "The lockers know no door {n}.",
    "board_silent": "The lock board does not answer, so door {n} may or may not have opened. Look at it first.",
    "not_journaled": "The lockers cannot write to their disk, so they open nothing.",
    "door_did_not_open": "Door {n} did not open.",
    "board_busy": "The lock board spares its coils for a moment, so door {n} did not open. Try again in a minute.",
    "wrong_door": "Another door opened instead of door {n}. Put nothing in; these lockers open nothing now.",
    "quarantined": "These lockers open nothing until they are set up anew: another door moved than the one meant.",
    "closed_for_service": "These lockers are closed for service: somebody is setting up their doors.",
    "sensor_suspect": "The sensor of door {n} does not move, so nobody knows whether it opened. Look at it.",
    "expired": "The lockers did not answer in time. Nothing opened.",
    "unknown": "It is not certain whether door {n} opened. Look at it first.",
}


@dataclass(frozen=True)
class DoorView:
    """One door of a pickup.

    `phase`: planned, opening, open, shut (moved, but the goods did not), loaded, or one of TROUBLED; `cause` and `code`
    say what it was opened for and why it was refused.
    """

    number: int
    size: str
    bank_id: str
    phase: str
    cause: str = ""
    code: str = ""
    abandoned: bool = False
    parcel: int = 1

    def trouble(self) -> str:
        """What went wrong, in words; empty when nothing did."""
        if self.phase not in TROUBLED:
            return ""
        words = _TROUBLE.get(self.code) or _TROUBLE.get(self.phase, "The lockers refused to open door {n}.")
        return words.format(n=self.number)


@dataclass(frozen=True)
class Situation:
    """One pickup now. `needs`: of words.NEEDS. `place`: locker, counter or none.

    `told`: whether a text with its code has been handed over.
    """

    id: str
    order: str
    state: str
    reason: str
    size: str
    needs: tuple[str, ...]
    place: str
    told: bool
    doors: tuple[DoorView, ...]
    failed_door: int | None
    """A door that did not open a moment ago and was given up; another may be planned instead."""

    def phase_of(self, *phases: str) -> list[DoorView]:
        """The doors in one of these phases."""
        return [door for door in self.doors if door.phase in phases]


def headline(view: Situation, told: str) -> str:
    """What is new, in one sentence, for whoever listens instead of looking; `told` says what the shopper knows."""
    for door in view.phase_of("open"):
        if door.abandoned:
            continue
        return f"Door {door.number} is open."
    for door in view.phase_of("opening"):
        return f"Door {door.number} is opening."
    for door in view.phase_of(*TROUBLED):
        return door.trouble()
    if view.failed_door:
        return f"Door {view.failed_door} did not open."
    if view.state == "ready":
        return f"{'At the counter' if view.place == 'counter' else 'Loaded'}. {told}"
    if view.state == "reserved" and view.phase_of("shut"):
        return "The door was shut with nothing in it."
    return STATES[view.state]


def what_shopper_knows(view: Situation, *, has_address: bool) -> str:
    """Whether the shopper of a ready pickup knows of it."""
    if view.told:
        return "The shopper has been told."
    if not has_address:
        return "There is no phone number and no e-mail address: reach the shopper another way."
    return "The shopper is being told."


def asked_commands(entries: Sequence[TimelineEntry]) -> list[str]:
    """The ids of the door commands on a timeline that still matter: the last one for each placement."""
    last = {entry.detail.get("placement"): entry.detail.get("command") for entry in entries if _is_ask(entry)}
    return [command for command in last.values() if command]


def situation_of(session: Session, pickup: Pickup, now: dt.datetime) -> Situation:
    """One pickup now, read from the database."""
    told = timeline.entries(session, pickup.id)
    return work_out(pickup, told, commands_of(session, told), now)


def commands_of(session: Session, told: Sequence[TimelineEntry]) -> dict[str, DoorCommand]:
    """The door commands on a timeline that still matter, by id."""
    asked = asked_commands(told)
    found = session.scalars(select(DoorCommand).where(DoorCommand.id.in_(asked))) if asked else ()
    return {command.id: command for command in found}


def work_out(
    pickup: Pickup, entries: Sequence[TimelineEntry], commands: Mapping[str, DoorCommand], now: dt.datetime
) -> Situation:
    """Put together what to show: `entries` is the whole timeline, oldest first, `commands` what it asked for, by id."""
    live = pickup.live_placements()
    doors = [_door(place, entries, commands, now) for place in live if place.compartment]
    wanted = pickup.wanted_placements()
    at_counter = bool(wanted) and all(place.compartment_id is None for place in wanted)
    return Situation(
        id=pickup.id,
        order=pickup.order.name,
        state=pickup.state,
        reason=pickup.reason,
        size=pickup.size,
        needs=tuple(need for need in NEEDS if need in all_needs(pickup)),
        place="counter" if at_counter else "locker" if wanted else "none",
        told=any(entry.what == "shopper_told" for entry in entries),
        doors=tuple(doors),
        failed_door=_failed_door(live, entries, now),
    )


def _door(
    place: Placement, entries: Sequence[TimelineEntry], commands: Mapping[str, DoorCommand], now: dt.datetime
) -> DoorView:
    box = place.compartment
    assert box is not None
    at_rest = "loaded" if place.state == "loaded" else "planned"
    asks = [entry for entry in entries if _is_ask(entry) and entry.detail.get("placement") == place.id]
    phase, cause, code = at_rest, "", ""
    if asks:
        cause = asks[-1].what.removesuffix("_asked")
        phase, code = _since(asks[-1], cause, box.number, entries, commands, now) or (at_rest, "")
        if phase == "shut" and cause == "load":
            phase = at_rest if at_rest == "loaded" else "shut"
    return DoorView(box.number, box.size, box.bank_id, phase, cause, code, place.abandoned, place.parcel)


def _since(
    ask: TimelineEntry,
    cause: str,
    number: int,
    entries: Sequence[TimelineEntry],
    commands: Mapping[str, DoorCommand],
    now: dt.datetime,
) -> tuple[str, str] | None:
    """How far the door has come since it was asked to open; None when that is long ago and came to nothing."""
    after = {entry.what for entry in entries if entry.number > ask.number and entry.detail.get("door") == number}
    command = commands.get(ask.detail.get("command", ""))
    if f"door_shut_{cause}" in after:
        return "shut", ""
    if f"door_opened_{cause}" in after or (command is not None and command.status == "done"):
        return "open", ""
    if command is None or command.issued_at < now - STALE:
        return None
    if command.status == "waiting":
        return ("expired", "expired") if command.expires_at <= now else ("opening", "")
    return command.status, command.code


def _failed_door(live: Sequence[Placement], entries: Sequence[TimelineEntry], now: dt.datetime) -> int | None:
    asks = [entry for entry in entries if _is_ask(entry)]
    if not asks or asks[-1].detail.get("placement") in {place.id for place in live}:
        return None
    door = asks[-1].detail.get("door")
    failed = any(
        entry.what == "door_failed"
        and entry.detail.get("door") == door
        and entry.number > asks[-1].number
        and entry.at > now - STALE
        for entry in entries
    )
    return door if failed else None


def _is_ask(entry: TimelineEntry) -> bool:
    return entry.what.endswith("_asked")
