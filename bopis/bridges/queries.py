"""What others ask about bridges."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from bopis.among import among
from bopis.bridges.models import Bridge, DoorCommand
from bopis.db import UtcDateTime
from bopis.lockers.models import Bank, Compartment
from bopis.prepared import Prepared, word
from bopis.stores.models import Store

ONLINE_WITHIN = dt.timedelta(seconds=60)
DELIVER_AGAIN = dt.timedelta(seconds=5)
"""After this long without a result the answer that carried a command may have been lost."""


def bridge_of(session: Session, bank_id: str) -> Bridge | None:
    """The bridge that drives this bank now."""
    return session.scalars(select(Bridge).where(Bridge.bank_id == bank_id, Bridge.revoked_at.is_(None))).first()


def standing(session: Session, bridge_id: str) -> int | None:
    """The sync version its bank has now; None when the bridge was revoked."""
    found = _STANDING.run(session, of=bridge_id)
    return found[0][0] if found else None


_STANDING = Prepared(
    select(Bank.sync_version)
    .join(Bridge, Bridge.bank_id == Bank.id)
    .where(Bridge.id == bindparam("of"), Bridge.revoked_at.is_(None))
)


def standings(session: Session, bank_ids: Collection[str]) -> dict[str, tuple[int, str | None]]:
    """The sync version of each of these banks, and the bridge that drives it now."""
    return {bank_id: (version, bridge) for bank_id, version, bridge in _STANDINGS.run(session, banks=bank_ids)}


_STANDINGS = Prepared(
    select(Bank.id, Bank.sync_version, Bridge.id.label("bridge"))
    .outerjoin(Bridge, (Bridge.bank_id == Bank.id) & Bridge.revoked_at.is_(None))
    .where(among(Bank.id, "banks"))
)


def waiting_commands(session: Session, bridge_id: str, now: dt.datetime) -> list[DoorCommand]:
    """Commands this bridge should hear of now, oldest first."""
    # Most often there is none, and then there is nothing to make objects of.
    found = _WAITING.run(session, of=bridge_id, now=now, again=now - DELIVER_AGAIN)
    return [session.get_one(DoorCommand, command_id) for (command_id,) in found]


def banks_with_waiting_commands(session: Session, now: dt.datetime) -> set[str]:
    """The banks whose bridge should hear of a command now."""
    return {bank_id for (bank_id,) in _BANKS_THAT_WAIT.run(session, now=now, again=now - DELIVER_AGAIN)}


_TO_DELIVER = and_(
    Bridge.frozen_at.is_(None),
    DoorCommand.status == word("waiting"),
    DoorCommand.expires_at > bindparam("now", type_=UtcDateTime()),
    or_(DoorCommand.delivered_at.is_(None), DoorCommand.delivered_at < bindparam("again", type_=UtcDateTime())),
)
_WAITING = Prepared(
    select(DoorCommand.id)
    .join(Bridge, DoorCommand.bridge_id == Bridge.id)
    .where(DoorCommand.bridge_id == bindparam("of"), _TO_DELIVER)
    .order_by(DoorCommand.issued_at, DoorCommand.id)
)
_BANKS_THAT_WAIT = Prepared(
    select(Bridge.bank_id).join(DoorCommand, DoorCommand.bridge_id == Bridge.id).where(_TO_DELIVER)
)


def layout(session: Session, bank_id: str) -> dict[str, Any]:
    """What a bridge must know of its bank, with the hash of it, as the sync protocol shapes it."""
    # Columns, not objects: a bank may have hundreds of doors, and every sync looks.
    ((of, name, board, options, store, time_zone),) = _BANK.read(session, lambda *told: told, bank=bank_id)
    body: dict[str, Any] = {
        "bank": {"id": of, "name": name},
        "store": {"name": store, "time_zone": time_zone},
        "board": board,
        "board_options": options,
        "doors": _DOORS.read(session, _door, bank=bank_id),
    }
    return {"hash": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), **body}


_BANK = Prepared(
    select(Bank.id, Bank.name, Bank.board, Bank.board_options, Store.name.label("store"), Store.time_zone)
    .join(Store, Store.id == Bank.store_id)
    .where(Bank.id == bindparam("bank"))
)
_DOORS = Prepared(
    select(
        Compartment.number,
        Compartment.board_address,
        Compartment.channel,
        Compartment.size,
        Compartment.row,
        Compartment.column,
        Compartment.height,
        Compartment.accessible,
        Compartment.cold,
    )
    .where(Compartment.bank_id == bindparam("bank"), Compartment.board_address.is_not(None))
    .order_by(Compartment.number)
)
_TOLD_OF_A_DOOR = "number", "board", "channel", "size", "row", "column", "height", "accessible", "cold"


def _door(*values: Any) -> dict[str, Any]:
    return dict(zip(_TOLD_OF_A_DOOR, values, strict=True))
