"""Both boxes: what shops told us and what became of it, what we told the world, and what was given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, jsonify, render_template
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, tasks
from bopis.db import Database
from bopis.errors import NotFound
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from bopis.prepared import word
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import ROWS, Page, actor, after, chosen, done, me, page_of
from bopis.web.ops.numbers import deliveries_of, effects_of
from bopis.web.ops.settling import Replay
from bopis.web.ops.words import BOX_STATES, EFFECTS

Entry = TypeVar("Entry", InboxEntry, OutboxEntry)


def add(routes: Blueprint, database: Database, replay: Replay) -> None:
    """`GET /ops/deliveries`, `/ops/effects` (state, after), `POST .../<id>/replay`, `POST /ops/dead-letters/replay`."""

    @routes.get("/deliveries")
    def deliveries() -> str:
        with database.reading() as session:
            page = _page(session, InboxEntry, deliveries_of(me().merchant_id))
            dead = _dead(session, InboxEntry, deliveries_of(me().merchant_id))
        return _show("ops/deliveries.html", page, dead)

    @routes.get("/effects")
    def effects() -> str:
        with database.reading() as session:
            page = _page(session, OutboxEntry, effects_of(me().merchant_id))
            dead = _dead(session, OutboxEntry, effects_of(me().merchant_id))
            orders = _orders(session, page.rows)
        return _show("ops/effects.html", page, dead, orders=orders, words=EFFECTS)

    routes.add_url_rule(
        "/deliveries/<entry_id>/replay",
        "replay_delivery",
        _one(database, replay, InboxEntry, deliveries_of, "ops.deliveries"),
        methods=["POST"],
    )
    routes.add_url_rule(
        "/effects/<entry_id>/replay",
        "replay_effect",
        _one(database, replay, OutboxEntry, effects_of, "ops.effects"),
        methods=["POST"],
    )

    @routes.post("/dead-letters/replay")
    def replay_all() -> BaseResponse:
        now, merchant_id, count = clock.now(), me().merchant_id, 0
        with database.transaction() as session:
            for box, of in ((InboxEntry, deliveries_of), (OutboxEntry, effects_of)):
                for entry in session.scalars(select(box).where(box.state == "dead", of(merchant_id))):
                    _again(session, replay, entry, now)
                    count += 1
        return done("ops.home") if wants_page() else jsonify(ok=True, replayed=count)


def _one(
    database: Database,
    replay: Replay,
    box: type[Entry],
    of: Callable[[str], ColumnElement[bool]],
    back: str,
) -> Callable[[str], BaseResponse]:
    def view(entry_id: str) -> BaseResponse:
        with database.transaction() as session:
            entry = session.scalars(
                select(box).where(box.id == entry_id, box.state == "dead", of(me().merchant_id)).with_for_update()
            ).first()
            if entry is None:
                raise NotFound("not_a_dead_letter", "There is no such dead letter, or it is being tried again already.")
            _again(session, replay, entry, clock.now())
        return done(back)

    return view


def _again(session: Session, replay: Replay, entry: InboxEntry | OutboxEntry, now: dt.datetime) -> None:
    replay(session, entry, now)
    if isinstance(entry, InboxEntry):
        tasks.settle(session, "delivery_failed", entry.id, actor=actor(), now=now)


def _page(session: Session, box: type[Entry], mine: ColumnElement[bool]) -> Page[Entry]:
    state = chosen("state", list(BOX_STATES), "all")
    statement = select(box).where(mine).order_by(box.id.desc()).limit(ROWS + 1)
    if state != "all":
        statement = statement.where(box.state == word(state))  # a partial index serves nobody who sends a parameter
    if after():
        statement = statement.where(box.id < after())
    return page_of(list(session.scalars(statement)))


def _dead(session: Session, box: type[Entry], mine: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(box).where(box.state == "dead", mine)) or 0


def _orders(session: Session, entries: object) -> dict[str, str]:
    ids = {entry.pickup_id for entry in entries if entry.pickup_id}  # type: ignore[attr-defined]
    found = session.scalars(select(Pickup).where(Pickup.id.in_(ids)))
    return {pickup.id: pickup.order.name for pickup in found}


def _show(template: str, page: Page[Entry], dead: int, **more: object) -> str:
    state = chosen("state", list(BOX_STATES), "all")
    return render_template(template, page=page, dead=dead, state=state, filters=BOX_STATES, **more)
