"""One pickup, whole: its story, where it lies, its code's state (never the code), and what the world was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.bridges.queries import bridge_of
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.inbox import InboxEntry
from bopis.notices.models import Notice
from bopis.outbox import OutboxEntry
from bopis.pickups import by_hand, correcting, reclaiming
from bopis.pickups.models import Grant, Pickup, Placement
from bopis.pickups.words import KEPT, REASONS, STATES
from bopis.stores.queries import lock
from bopis.timeline import entries, first_break
from bopis.web.associate import story
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me, stores, versioned
from bopis.web.ops.home import rows
from bopis.web.ops.settling import open_tasks
from bopis.web.ops.words import EFFECTS

_MOST = 50


@dataclass(frozen=True)
class GrantView:
    """A grant without anything that opens a door. `reached` says whether its bridge has this state of it."""

    grant: Grant
    reached: bool


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/pickups/<id>`, `GET /ops/pickups/<id>/state`, `POST /ops/pickups/<id>/taken-out` (reason),
    `POST /ops/pickups/<id>/keep` (hours), `POST /ops/pickups/<id>/collected` (reason)."""

    @routes.get("/pickups/<pickup_id>")
    def pickup(pickup_id: str) -> Response:
        return show(database, pickup_id)

    @routes.get("/pickups/<pickup_id>/state")
    def pickup_state(pickup_id: str) -> Response:
        with database.reading() as session:
            return jsonify(_state(session, _one(session, pickup_id)))

    @routes.post("/pickups/<pickup_id>/keep")
    def keep_longer(pickup_id: str) -> BaseResponse:
        text = request.form.get("hours", "").strip()
        hours = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
        return _done(
            database,
            pickup_id,
            lambda session, found: reclaiming.keep_longer(session, found, hours, clock.now(), actor=actor()),
        )

    @routes.post("/pickups/<pickup_id>/taken-out")
    def taken_out(pickup_id: str) -> BaseResponse:
        reason = request.form.get("reason", "")
        return _done(
            database,
            pickup_id,
            lambda session, found: by_hand.taken_out(session, found, reason, clock.now(), actor=actor()),
        )

    @routes.post("/pickups/<pickup_id>/collected")
    def collected_after_all(pickup_id: str) -> BaseResponse:
        reason = request.form.get("reason", "")
        return _done(
            database,
            pickup_id,
            lambda session, found: correcting.collected_after_all(session, found, reason, clock.now(), actor=actor()),
        )


def _done(database: Database, pickup_id: str, deed: Callable[[Session, Pickup], None]) -> BaseResponse:
    """Do this to a pickup under its store's lock, and show its page again."""
    try:
        with database.transaction() as session:
            found = _one(session, pickup_id)
            if found.store_id is not None:
                lock(session, found.store_id)
            deed(session, found)
    except BopisError as problem:
        if not wants_page() or problem.status == 404:
            raise
        return show(database, pickup_id, problem)
    return done("ops.pickup", pickup_id=pickup_id)


def masked(email: str) -> str:
    """`s…@example.com`: enough to tell a wrong one from a right one, too little to write to."""
    return f"{email[:1]}…{email[email.rindex('@') :]}" if email else ""


def show(database: Database, pickup_id: str, problem: BopisError | None = None) -> Response:
    """The page of one pickup, with what went wrong on top."""
    with database.reading() as session:
        found = _one(session, pickup_id)
        told = entries(session, found.id)
        page = render_template(
            "ops/pickup.html",
            pickup=found,
            phone_ends=found.order.phone()[-4:],
            email=masked(found.order.email()),
            inside=by_hand.can_be_taken_out(found),
            here=found.store_id == me().store_id,
            zone=found.store.time_zone if found.store else me().store.time_zone,
            words=STATES,
            why=REASONS.get(found.reason, ""),
            kept=KEPT.get(found.kept_because or "", "") if found.state == "ready" else "",
            story=story.tell(session, me().merchant_id, told),
            broken=first_break(told),
            stores=stores(session),
            tasks=rows(session, open_tasks(session, me().merchant_id, found.id)),
            access=_grants(session, found),
            notices=_notices(session, found),
            effects=_effects(session, found),
            effect_words=EFFECTS,
            deliveries=_deliveries(session, found),
            version=_state(session, found)["version"],
            problem=problem,
        )
    return make_response(page, problem.status if problem else 200)


def _one(session: Session, pickup_id: str) -> Pickup:
    found = session.scalars(
        select(Pickup)
        .where(Pickup.id == pickup_id, Pickup.merchant_id == me().merchant_id)
        .options(
            joinedload(Pickup.order),
            joinedload(Pickup.store),
            selectinload(Pickup.placements).joinedload(Placement.compartment),
        )
    ).first()
    if found is None:
        raise NotFound("unknown_pickup", "There is no such pickup.")
    return found


def _state(session: Session, pickup: Pickup) -> dict[str, Any]:
    """What the page shows that may change, told apart without showing it."""
    return versioned(
        {
            "state": pickup.state,
            "placements": [[place.state, place.abandoned] for place in pickup.placements],
            "story": len(entries(session, pickup.id)),
            "tasks": [task.id for task in open_tasks(session, me().merchant_id, pickup.id)],
            "grants": [[seen.grant.state, seen.reached] for seen in _grants(session, pickup)],
            "notices": [[notice.id, notice.state] for notice in _notices(session, pickup)],
            "effects": [[entry.state, entry.attempts] for entry in _effects(session, pickup)],
            "deliveries": [[entry.id, entry.state] for entry in _deliveries(session, pickup)],
        }
    )


def _grants(session: Session, pickup: Pickup) -> list[GrantView]:
    found = session.scalars(
        select(Grant)
        .where(Grant.pickup_id == pickup.id)
        .order_by(Grant.id.desc())
        .options(joinedload(Grant.bank))
        .limit(_MOST)
    )
    views = []
    for grant in found:
        bridge = bridge_of(session, grant.bank_id) if grant.bank_id else None
        reached = bridge is not None and grant.verifier is not None and bridge.applied_version >= grant.sync_version
        views.append(GrantView(grant, reached))
    return views


def _notices(session: Session, pickup: Pickup) -> list[Notice]:
    statement = select(Notice).where(Notice.pickup_id == pickup.id).order_by(Notice.id.desc()).limit(_MOST)
    return list(session.scalars(statement))


def _effects(session: Session, pickup: Pickup) -> list[OutboxEntry]:
    grants = session.scalars(select(Grant).where(Grant.pickup_id == pickup.id))
    prepared = [f"{grant.id}|{version}" for grant in grants for version in range(1, grant.version + 1)]
    of_grants = (OutboxEntry.kind == "PrepareGrant") & OutboxEntry.subject.in_(prepared)
    # Two questions: asked as one, neither index would serve.
    found = [
        entry
        for mine in (OutboxEntry.pickup_id == pickup.id, of_grants)
        for entry in session.scalars(select(OutboxEntry).where(mine).limit(_MOST))
    ]
    return sorted(found, key=lambda entry: entry.id, reverse=True)


def _deliveries(session: Session, pickup: Pickup) -> list[InboxEntry]:
    about = (pickup.order.platform_order_id, pickup.unit_id)
    statement = select(InboxEntry).where(
        InboxEntry.connection_id == pickup.order.connection_id, InboxEntry.subject.in_(about)
    )
    return list(session.scalars(statement.order_by(InboxEntry.id.desc()).limit(_MOST)))
