"""What others ask about bridges."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from bopis.bridges.models import Bridge, DoorCommand
from bopis.lockers.models import Bank, Compartment
from bopis.stores.models import Store

ONLINE_WITHIN = dt.timedelta(seconds=60)
DELIVER_AGAIN = dt.timedelta(seconds=5)
"""After this long without a result the answer that carried a command may have been lost."""


def bridge_of(session: Session, bank_id: str) -> Bridge | None:
    """The bridge that drives this bank now."""
    return session.scalars(select(Bridge).where(Bridge.bank_id == bank_id, Bridge.revoked_at.is_(None))).first()


def standing(session: Session, bridge_id: str) -> int | None:
    """The sync version its bank has now; None when the bridge was revoked."""
    return session.scalars(
        select(Bank.sync_version)
        .join(Bridge, Bridge.bank_id == Bank.id)
        .where(Bridge.id == bridge_id, Bridge.revoked_at.is_(None))
    ).one_or_none()


def waiting_commands(session: Session, bridge_id: str, now: dt.datetime) -> list[DoorCommand]:
    """Commands this bridge should hear of now, oldest first."""
    statement = select(DoorCommand).join(Bridge, DoorCommand.bridge_id == Bridge.id)
    statement = statement.where(DoorCommand.bridge_id == bridge_id, _to_deliver(now))
    return list(session.scalars(statement.order_by(DoorCommand.issued_at, DoorCommand.id)))


def banks_with_waiting_commands(session: Session, now: dt.datetime) -> set[str]:
    """The banks whose bridge should hear of a command now."""
    statement = select(Bridge.bank_id).join(DoorCommand, DoorCommand.bridge_id == Bridge.id).where(_to_deliver(now))
    return set(session.scalars(statement))


def _to_deliver(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Bridge.frozen_at.is_(None),
        DoorCommand.status == "waiting",
        DoorCommand.expires_at > now,
        or_(DoorCommand.delivered_at.is_(None), DoorCommand.delivered_at < now - DELIVER_AGAIN),
    )


def layout(session: Session, bank_id: str) -> dict[str, Any]:
    """What a bridge must know of its bank, with the hash of it, as the sync protocol shapes it."""
    # Columns, not objects: a bank may have hundreds of doors, and every sync looks.
    bank = session.execute(
        select(Bank.id, Bank.name, Bank.board, Bank.board_options, Store.name.label("store"), Store.time_zone)
        .join(Store, Store.id == Bank.store_id)
        .where(Bank.id == bank_id)
    ).one()
    compartments = session.execute(
        select(
            Compartment.number,
            Compartment.board_address,
            Compartment.channel,
            Compartment.size,
            Compartment.row,
            Compartment.column,
            Compartment.height,
            Compartment.accessible,
        )
        .where(Compartment.bank_id == bank_id, Compartment.board_address.is_not(None))
        .order_by(Compartment.number)
    )
    body: dict[str, Any] = {
        "bank": {"id": bank.id, "name": bank.name},
        "store": {"name": bank.store, "time_zone": bank.time_zone},
        "board": bank.board,
        "board_options": bank.board_options,
        "doors": [
            {
                "number": box.number,
                "board": box.board_address,
                "channel": box.channel,
                "size": box.size,
                "row": box.row,
                "column": box.column,
                "height": box.height,
                "accessible": box.accessible,
            }
            for box in compartments
        ],
    }
    return {"hash": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), **body}
