"""Doors whose state, sensor and goods disagree, as they stand now; each morning a task is made of each."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bopis import clock
from bopis.bridges.queries import ONLINE_WITHIN, bridge_of
from bopis.db import Database
from bopis.lockers.models import Bank
from bopis.pickups import auditing
from bopis.pickups.models import Pickup
from bopis.pickups.words import KEPT
from bopis.web.ops.common import ROWS, me


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/audit`."""

    @routes.get("/audit")
    def audit() -> str:
        now = clock.now()
        with database.reading() as session:
            mine = select(Bank).where(Bank.merchant_id == me().merchant_id).options(joinedload(Bank.store))
            banks = list(session.scalars(mine.order_by(Bank.created_at, Bank.id)))
            found = auditing.findings(session, [bank.id for bank in banks], now)
            heard = {bank.id: bridge_of(session, bank.id) for bank in banks}
            silent = {
                bank_id
                for bank_id, bridge in heard.items()
                if bridge is None or bridge.seen_at is None or bridge.seen_at < now - ONLINE_WITHIN
            }
            kept = session.scalars(
                select(Pickup)
                .where(
                    Pickup.merchant_id == me().merchant_id,
                    Pickup.closed_at.is_(None),
                    Pickup.state == "ready",
                    Pickup.kept_because.is_not(None),
                )
                .options(joinedload(Pickup.order), joinedload(Pickup.store))
                .order_by(Pickup.hold_until, Pickup.id)
                .limit(ROWS)
            ).all()
            return render_template(
                "ops/audit.html",
                banks=banks,
                found=found,
                silent=silent,
                words=auditing.WORDS,
                kept=kept,
                why_kept=KEPT,
            )
