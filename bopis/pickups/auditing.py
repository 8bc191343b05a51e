"""The daily look at every door: its state, what its sensor sees, and what our records say is inside, held together.

It changes nothing but tasks: what disagrees is for a person who can look inside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload

from bopis import tasks
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import IS_LIVE, Pickup, Placement
from bopis.stores.holding import next_time
from bopis.tasks import Task

AT = "05:30"
"""When a store's doors are looked at, on its own clock: before people come."""
SETTLING = dt.timedelta(minutes=30)
"""What changed so recently may still be on its way to us."""
STALE = dt.timedelta(days=7)
"""Goods of which nothing was heard for so long are worth a look."""
KIND = "door_disagrees"
WORDS = {
    "unknown_goods": "sees something inside, and nothing should be there",
    "goods_missing": "sees nothing inside, and {order} should be there",
    "open_with_goods": "stands open, and {order} should be inside",
    "stands_open": "stands open",
    "never_finished": "was opened to load {order}, and nobody said what became of it",
    "left_behind": "may still hold something of {order}, which is {state}",
    "not_emptied": "holds {order}, which should have come out days ago",
    "not_known": "does not say whether it is shut, and {order} should be inside",
}
"""How a door disagrees, said of “Door 7”."""


@dataclass(frozen=True)
class Finding:
    """One door that disagrees, and how, as a key of WORDS."""

    compartment_id: str
    number: int
    what: str
    order: str = ""
    pickup_id: str = ""
    state: str = ""

    def sentence(self) -> str:
        """For staff."""
        return f"Door {self.number} {WORDS[self.what].format(order=self.order, state=self.state)}."


def disagreement(box: Compartment, inside: Placement | None, now: dt.datetime) -> str:
    """How a door disagrees with its sensor or with what should be inside; empty when it does not."""
    if inside is None:
        if box.item == "present":
            return "unknown_goods"
        return "stands_open" if box.door == "open" and box.in_service else ""
    if inside.state == "loaded":
        return _of_loaded(box, inside, now)
    if inside.abandoned:
        return "left_behind"
    if inside.touched and inside.created_at < now - dt.timedelta(hours=12):
        return "never_finished"
    return "unknown_goods" if box.item == "present" and not inside.touched else ""


def _of_loaded(box: Compartment, inside: Placement, now: dt.datetime) -> str:
    pickup = inside.pickup
    if pickup.state in ("collected", "returned") or inside.abandoned:
        return "left_behind"
    if box.door == "open":
        return "open_with_goods"
    if box.item == "absent":
        return "goods_missing"
    if box.door == "unknown":
        return "not_known"
    over = pickup.state in ("expired", "cancelled")
    return "not_emptied" if over and pickup.hold_until is not None and pickup.hold_until < now - STALE else ""


def findings(session: Session, banks: Sequence[str], now: dt.datetime) -> dict[str, list[Finding]]:
    """What disagrees now in each of these banks, by their ids; doors that just moved are left out."""
    rows = session.execute(
        select(Compartment, Placement)
        .outerjoin(Placement, and_(Placement.compartment_id == Compartment.id, IS_LIVE))
        .where(Compartment.bank_id.in_(banks), Compartment.board_address.is_not(None))
        .options(joinedload(Placement.pickup).joinedload(Pickup.order))
        .order_by(Compartment.bank_id, Compartment.number)
    )
    found: dict[str, list[Finding]] = {bank_id: [] for bank_id in banks}
    for box, inside in rows:
        what = "" if _just_moved(box, inside, now) else disagreement(box, inside, now)
        if what:
            found[box.bank_id].append(_finding(box, inside, what))
    return found


def audit(session: Session, bank: Bank, now: dt.datetime) -> list[Finding]:
    """Look at every door of a bank, ask somebody to look at those that disagree, and settle what was put right.

    Expects the store's lock.
    """
    bank.audited_at, bank.audit_at = now, next_time(now, AT, ZoneInfo(bank.store.time_zone))
    found = findings(session, [bank.id], now)[bank.id]
    wrong = {finding.compartment_id: finding for finding in found}
    doors = select(Compartment.id).where(Compartment.bank_id == bank.id)
    asked = select(Task.subject_id).where(
        Task.kind == KIND, Task.merchant_id == bank.merchant_id, Task.settled_at.is_(None), Task.subject_id.in_(doors)
    )
    for compartment_id in list(session.scalars(asked)):
        if compartment_id not in wrong:
            tasks.settle(session, KIND, compartment_id, actor="system", now=now)
    for finding in found:
        tasks.ask(
            session,
            "door_disagrees",
            finding.compartment_id,
            merchant_id=bank.merchant_id,
            store_id=bank.store_id,
            reason=f"{bank.name}: {finding.sentence()}",
            now=now,
        )
    session.flush()
    return found


def _just_moved(box: Compartment, inside: Placement | None, now: dt.datetime) -> bool:
    moments = [box.door_at, inside.loaded_at if inside else None, inside.created_at if inside else None]
    return any(moment is not None and moment > now - SETTLING for moment in moments)


def _finding(box: Compartment, inside: Placement | None, what: str) -> Finding:
    if inside is None or what == "unknown_goods":
        return Finding(box.id, box.number, what)
    pickup = inside.pickup
    return Finding(box.id, box.number, what, pickup.order.name, pickup.id, pickup.state)
