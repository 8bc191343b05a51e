"""A bank as it stands now: each door with its place in the picture, what is behind it, and its bridge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from bopis.bridges.keys import WORDS
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.bridges.people import people
from bopis.bridges.queries import ONLINE_WITHIN, bridge_of
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import IS_LIVE, IS_TOLD, Grant, Pickup, Placement
from bopis.pickups.words import STATES

COLUMN, ROW, GAP = 64, 26, 4
"""Of the picture, in its own units; a door is `height` rows high."""


@dataclass(frozen=True)
class Door:
    """One door. `x`, `y`, `width`, `height` are its place in the picture; `order`, `pickup`: whose goods it holds."""

    id: str
    number: int
    size: str
    accessible: bool
    cold: str
    door: str
    item: str
    in_service: bool
    reason: str
    order: str
    pickup: str
    state: str
    x: int
    y: int
    width: int
    height: int

    @property
    def look(self) -> str:
        """The one thing the picture says of it: open, out, unknown, taken or free."""
        if self.door == "open":
            return "open"
        if not self.in_service:
            return "out"
        if self.door == "unknown":
            return "unknown"
        return "taken" if self.order else "free"


@dataclass(frozen=True)
class BridgeView:
    """The machine that drives the bank. `behind` counts codes it has yet to hear of, `unrevoked` ones that are over;
    `people_behind`: it lets people in by an older list than ours."""

    id: str
    online: bool
    seen_at: dt.datetime | None
    software: str
    enrolled_at: dt.datetime
    last_event: str
    last_event_at: dt.datetime | None
    key_since: dt.datetime | None
    key_asked: bool
    frozen: str
    behind: int
    unrevoked: int
    people_behind: bool


@dataclass(frozen=True)
class BankView:
    """Everything on a bank's page that may change."""

    doors: list[Door]
    width: int
    height: int
    bridge: BridgeView | None
    quarantine: dict[str, Any] | None
    """Why nothing opens here, if so: `door`, which was meant, `moved`, and since when as `at`."""

    def written(self) -> dict[str, Any]:
        """For JSON; without what changes by itself all the time."""
        body = asdict(self)
        if self.bridge is not None and self.bridge.online:
            body["bridge"]["seen_at"] = None
        return body


def look(session: Session, bank: Bank, now: dt.datetime) -> BankView:
    """The bank as it stands."""
    inside = _inside(session, bank)
    # One that was not found at the last commissioning is shown only for the goods that may be in it.
    doors = [
        _door(box, inside.get(box.id)) for box in bank.compartments if box.board_address is not None or box.id in inside
    ]
    return BankView(
        doors,
        max((door.x + door.width for door in doors), default=0) + GAP,
        max((door.y + door.height for door in doors), default=0) + GAP,
        _bridge(session, bank, now),
        {**bank.quarantine, "at": bank.quarantined_at} if bank.quarantined_at else None,
    )


def _inside(session: Session, bank: Bank) -> dict[str, Pickup]:
    statement = (
        select(Placement)
        .join(Compartment, Compartment.id == Placement.compartment_id)
        .where(Compartment.bank_id == bank.id, IS_LIVE)
        .options(joinedload(Placement.pickup).joinedload(Pickup.order))
    )
    return {place.compartment_id: place.pickup for place in session.scalars(statement) if place.compartment_id}


def _door(box: Compartment, pickup: Pickup | None) -> Door:
    return Door(
        id=box.id,
        number=box.number,
        size=box.size,
        accessible=box.accessible,
        cold=box.cold,
        door=box.door,
        item=box.item,
        in_service=box.in_service,
        reason=box.out_of_service_reason,
        order=pickup.order.name if pickup else "",
        pickup=pickup.id if pickup else "",
        state=STATES[pickup.state] if pickup else "",
        x=GAP + box.column * COLUMN,
        y=GAP + box.row * ROW,
        width=COLUMN - GAP,
        height=box.height * ROW - GAP,
    )


def _bridge(session: Session, bank: Bank, now: dt.datetime) -> BridgeView | None:
    bridge = bridge_of(session, bank.id)
    if bridge is None:
        return None
    last = session.scalars(
        select(DeviceEvent).where(DeviceEvent.bridge_id == bridge.id, DeviceEvent.seq == bridge.last_seq)
    ).first()
    return BridgeView(
        id=bridge.id,
        online=bridge.seen_at is not None and bridge.seen_at >= now - ONLINE_WITHIN,
        seen_at=bridge.seen_at,
        software=bridge.software,
        enrolled_at=bridge.enrolled_at,
        last_event=last.kind.replace("_", " ") if last else "",
        last_event_at=last.at if last else None,
        key_since=bridge.key_since,
        key_asked=bridge.key_asked_at is not None,
        frozen=WORDS.get(bridge.frozen_because, ""),
        behind=_not_reached(session, bridge, ("held", "active")),
        unrevoked=_not_reached(session, bridge, ("closed",)),
        people_behind=bool(bridge.staff_held) and bridge.staff_held != people(session, bank.id)["hash"],
    )


def _not_reached(session: Session, bridge: Bridge, states: Sequence[str]) -> int:
    statement = select(func.count()).where(
        Grant.bank_id == bridge.bank_id,
        IS_TOLD,
        Grant.sync_version > bridge.applied_version,
        Grant.state.in_(states),
    )
    return session.scalar(statement) or 0
