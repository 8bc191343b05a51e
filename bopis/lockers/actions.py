"""What changes in banks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from bopis import changes
from bopis.among import among
from bopis.bell import NewsForBank
from bopis.db import ring_after_commit
from bopis.ids import new_id
from bopis.lockers.fit import COLD, SIZES, USUAL_DOORS
from bopis.lockers.knobs import Knobs
from bopis.lockers.models import Bank, Compartment
from bopis.prepared import Prepared

DID_NOT_OPEN = "did not open"
WRONG_DOOR = "another door moved"
SUSPECT = "its sensor does not move"
NOT_FOUND = "not found when the lockers were set up"
BY_ITSELF = (DID_NOT_OPEN, WRONG_DOOR, SUSPECT, NOT_FOUND)
"""Reasons no person gave: a door that was opened and shut at commissioning is rid of them."""
USUAL_INNER_MM = {kind.size: list(kind.inner_mm) for kind in USUAL_DOORS}
"""Height, width, depth of a door of which only the size is known."""


@dataclass(frozen=True)
class Commissioned:
    """What a commissioning changed beside the wires: doors that work again, and doors that were not found."""

    put_right: list[Compartment]
    missing: list[Compartment]


def next_sync_version(session: Session, bank_id: str) -> int:
    """A number higher than every earlier change of this bank, and word to its bridge after the commit.

    The row lock of the UPDATE is held to the commit, so the numbers become visible in their order.
    """
    ring_after_commit(session, NewsForBank(bank_id))
    version: int = session.connection().execute(_NEXT, {"of": bank_id}).scalar_one()
    return version


def next_sync_versions(session: Session, bank_ids: Collection[str]) -> dict[str, int]:
    """`next_sync_version` of several banks, whose stores' locks are held."""
    if not bank_ids:
        return {}
    for bank_id in bank_ids:
        ring_after_commit(session, NewsForBank(bank_id))
    found = _NEXT_OF_ALL.run(session, banks=bank_ids)
    return {row[0]: row[1] for row in found}


_BANKS = Bank.__table__
_NEXT = (
    update(_BANKS)
    .where(_BANKS.c.id == bindparam("of"))
    .values(sync_version=_BANKS.c.sync_version + 1)
    .returning(_BANKS.c.sync_version)
)
_NEXT_OF_ALL = Prepared(
    update(_BANKS)
    .where(among(_BANKS.c.id, "banks"))
    .values(sync_version=_BANKS.c.sync_version + 1)
    .returning(_BANKS.c.id, _BANKS.c.sync_version)
)


def take_out_of_service(session: Session, compartment: Compartment, reason: str) -> None:
    """Give this compartment to nobody until someone puts it right. What is inside stays assigned."""
    compartment.in_service = False
    compartment.out_of_service_reason = reason
    session.flush()


def put_back_into_service(session: Session, compartment: Compartment) -> None:
    """A person says that this door works again."""
    compartment.in_service = True
    compartment.out_of_service_reason = ""
    session.flush()


def quarantine(session: Session, bank: Bank, door: int, moved: int, at: dt.datetime) -> None:
    """Note that nothing is opened in this bank: `moved` opened instead of `door`. The first finding stays."""
    if bank.quarantined_at is None:
        bank.quarantined_at, bank.quarantine = at, {"door": door, "moved": moved}
    session.flush()


def end_quarantine(session: Session, bank: Bank) -> list[Compartment]:
    """Trust the wires again. Returns the doors that were out of service for that reason alone, now back in it."""
    bank.quarantined_at, bank.quarantine = None, {}
    frozen = [box for box in bank.compartments if box.out_of_service_reason == WRONG_DOOR]
    for box in frozen:
        put_back_into_service(session, box)
    session.flush()
    return frozen


def set_knobs(session: Session, bank: Bank, typed: Mapping[str, str], actor: str, now: dt.datetime) -> None:
    """Choose doors otherwise from the next decision on; what is not typed stays as it is. Raises Invalid.

    Nothing that is decided is taken back, and its bridge need not know.
    """
    before = Knobs.of(bank.knobs)
    after = Knobs.typed(typed, before)
    changes.note(session, bank.merchant_id, bank.id, "knobs", before.kept(), after.kept(), actor=actor, now=now)
    bank.knobs = after.kept()
    session.flush()


def commission(
    session: Session, bank: Bank, board: str, board_options: Mapping[str, Any], doors: Sequence[Mapping[str, Any]]
) -> Commissioned:
    """Wire a bank anew: doors as the sync's Layout has them. No compartment is ever deleted: one that was not found
    keeps its goods and its past, without wires and out of service. Raises KeyError or ValueError for odd doors, and
    then nothing is to be kept.
    """
    known = {box.number: box for box in bank.compartments}
    put_right = []
    for door in doors:
        box = known.pop(door["number"], None) or _new_compartment(session, bank, door)
        _wire(box, door)
        if not box.in_service and box.out_of_service_reason in BY_ITSELF:
            put_back_into_service(session, box)
            put_right.append(box)
    missing = [box for box in known.values() if box.board_address is not None]
    for box in missing:
        box.board_address = box.channel = None
        box.door = "unknown"
        take_out_of_service(session, box, NOT_FOUND)
    bank.board, bank.board_options = board, dict(board_options)
    bank.quarantined_at, bank.quarantine = None, {}
    next_sync_version(session, bank.id)
    session.flush()
    session.expire(bank, ["compartments"])
    return Commissioned(put_right, missing)


def _new_compartment(session: Session, bank: Bank, door: Mapping[str, Any]) -> Compartment:
    box = Compartment(
        id=new_id(),
        merchant_id=bank.merchant_id,
        bank_id=bank.id,
        number=int(door["number"]),
        inner_mm=USUAL_INNER_MM[door["size"]],
        in_service=True,
        out_of_service_reason="",
        door="unknown",
        item="unsupported",
    )
    session.add(box)
    return box


def set_features(session: Session, box: Compartment, *, accessible: bool, cold: str) -> None:
    """Say what a door is beside its size; its bridge hears of it. What is inside stays. Raises ValueError."""
    box.accessible, box.cold = accessible, _cold(cold)
    next_sync_version(session, box.bank_id)
    session.flush()


def _cold(word: str) -> str:
    if word not in ("", *COLD):
        raise ValueError(f"a door is as warm as the room, or {' or '.join(COLD)}")
    return word


def _wire(box: Compartment, door: Mapping[str, Any]) -> None:
    if door["size"] not in SIZES:
        raise ValueError("a door has one of the known sizes")
    box.board_address, box.channel = int(door["board"]), int(door["channel"])
    box.size, box.accessible = door["size"], bool(door["accessible"])
    box.cold = _cold(door.get("cold", box.cold or ""))
    box.row, box.column, box.height = int(door["row"]), int(door["column"]), int(door["height"])
