"""Where an associate starts: the next order on top, then the counter, what must come out, and all else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, timeline
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.pickups import queries
from bopis.pickups.models import Pickup, all_needs
from bopis.pickups.words import NEEDS, REASONS, STATES
from bopis.staff.permissions import may
from bopis.stores.queries import lock
from bopis.tasks import KINDS, Task, open_in
from bopis.web.associate import lockers
from bopis.web.associate.counter import SETTLED_BY_WORD
from bopis.web.associate.guard import staff, wants_page
from bopis.web.associate.holding import Holding
from bopis.web.associate.steps import CarryRow, to_carry, walk
from firmware_bridge.protocol import codes

NOT_YET = frozenset({"unpaid", "on_hold"})
"""Reasons for which an order is not to be picked from the shelf."""
_BEHIND_LISTS = frozenset({"reclaim", "shopper_at_counter"})
_ABOUT_PICKUPS = frozenset(
    {
        *("no_phone", "text_failed", "platform_refused", "shopper_needs_help", "code_locked", "goods_gone"),
        *("left_uncertain", "changed_after_loading", "uncollected", "not_loaded"),
    }
)


@dataclass(frozen=True)
class Row:
    """One order in a list. `place` is a door, the counter, or empty; `why` is the reason in plain words."""

    id: str
    order: str
    what: str
    size: str
    needs: tuple[str, ...]
    place: str
    reason: str
    why: str
    state: str
    here: bool = False
    """Its shopper stands at the counter now."""


@dataclass(frozen=True)
class TaskRow:
    """One task. `action` is how it ends: settle, repair, or nothing to press; `pickup` what it is about."""

    id: str
    kind: str
    title: str
    reason: str
    action: str
    subject: str
    pickup: str


@dataclass(frozen=True)
class Lists:
    """Everything on the page."""

    to_load: list[Row]
    carry: list[CarryRow]
    not_yet: list[Row]
    counter: list[Row]
    take_out: list[Row]
    tasks: list[TaskRow]

    def written(self) -> dict[str, object]:
        """For JSON; `version` changes with anything in it."""
        body = {name: [vars(row) for row in rows] for name, rows in vars(self).items()}
        return {**body, "version": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]}


def add(routes: Blueprint, database: Database, holding: Holding) -> None:
    """`GET /associate/`, `GET /associate/state?seen=<version>`, `POST /associate/find` (q)."""

    @routes.get("/")
    def home() -> Response:
        return show(database)

    @routes.get("/state")
    def home_state() -> Response:
        seen, bank_id = request.args.get("seen"), lockers.to_listen_to(database, staff())
        return jsonify(
            holding.until_new(bank_id, lambda: _lists(database).written(), lambda now: now["version"] != seen)
        )

    @routes.post("/find")
    def find() -> BaseResponse:
        try:
            found = _find(database, request.form.get("q", ""))
        except BopisError as problem:
            if not wants_page():
                raise
            return show(database, problem)
        if not wants_page():
            return jsonify(pickups=[row.id for row in found])
        if len(found) == 1:
            return redirect(url_for("associate.pickup", pickup_id=found[0].id), 303)
        return make_response(render_template("associate/found.html", rows=found))


def show(database: Database, problem: BopisError | None = None) -> Response:
    """The page, with what went wrong on top."""
    lists = _lists(database)
    with database.reading() as session:
        banks = lockers.banks(session, staff())
    present = lockers.is_present(staff(), [bank.id for bank in banks])
    page = render_template(
        "associate/home.html",
        lists=lists,
        version=lists.written()["version"],
        problem=problem,
        banks=banks,
        present=present,
    )
    return make_response(page, problem.status if problem else 200)


def _lists(database: Database) -> Lists:
    me = staff().staff
    with database.reading() as session:
        everywhere = may(me.role, "look_everywhere")
        tasks = open_in(session, me.merchant_id, me.store_id, and_of_no_store=everywhere)
        here = {task.subject_id for task in tasks if task.kind == "shopper_at_counter"}
        loading = [_row(pickup, here) for pickup in queries.to_load(session, me.merchant_id, me.store_id)]
        counter = [_row(pickup, here) for pickup in queries.at_counter(session, me.merchant_id, me.store_id)]
        carry = to_carry(session, me.store_id, clock.now())
        out = queries.to_take_out(session, me.merchant_id, me.store_id)
        take_out = [_row(pickup, here) for pickup in sorted(out, key=_on_the_way)]
    return Lists(
        to_load=[row for row in loading if row.reason not in NOT_YET],
        carry=carry,
        not_yet=[row for row in loading if row.reason in NOT_YET],
        counter=sorted(counter, key=lambda row: not row.here),
        take_out=take_out,
        tasks=[_task(task, me.role) for task in tasks if task.kind not in _BEHIND_LISTS],
    )


def _on_the_way(pickup: Pickup) -> tuple[object, ...]:
    return walk(next((place.compartment for place in pickup.live_placements() if place.compartment), None))


def _row(pickup: Pickup, here: set[str]) -> Row:
    wanted = pickup.wanted_placements()
    doors = [place.compartment.number for place in wanted if place.compartment]
    place = "" if not wanted else "Counter" if not doors else " + ".join(f"Door {number}" for number in doors)
    return Row(
        pickup.id,
        pickup.order.name,
        _what(pickup),
        pickup.size,
        tuple(need for need in NEEDS if need in all_needs(pickup)),
        place,
        pickup.reason,
        REASONS.get(pickup.reason, ""),
        STATES[pickup.state],
        pickup.id in here,
    )


def _what(pickup: Pickup) -> str:
    pieces = [f"{line['quantity']} × {line['title']}" for line in pickup.lines]
    if len(pieces) <= 2:
        return ", ".join(pieces)
    return f"{pieces[0]} and {len(pieces) - 1} more"


def _task(task: Task, role: str) -> TaskRow:
    repair = task.kind == "door_failed" and may(role, "repair_door")
    action = "repair" if repair else "settle" if task.kind in SETTLED_BY_WORD else ""
    about = task.subject_id if task.kind in _ABOUT_PICKUPS else ""
    return TaskRow(task.id, task.kind, KINDS[task.kind], task.reason, action, task.subject_id, about)


def _find(database: Database, text: str) -> list[Row]:
    me = staff().staff
    token = codes.read_qr(text.strip())
    if token is not None:
        return [_row(_by_qr(database, token), set())]
    with database.reading() as session:
        found = [_row(pickup, set()) for pickup in queries.search(session, me.merchant_id, me.store_id, text)]
    if not found:
        # What was typed is not repeated: it may have been a shopper's code.
        raise NotFound("nothing_found", "No order of that name in this store. Type it as on the list, such as 1001.")
    return found


def _by_qr(database: Database, token: bytes) -> Pickup:
    me = staff()
    with database.transaction() as session:
        lock(session, me.staff.store_id)
        pickup = queries.by_qr(session, me.staff.merchant_id, me.staff.store_id, token)
        if pickup is None:
            raise NotFound("unknown_qr", "That QR code is not for an order in this store, or no longer good.")
        timeline.write(session, pickup.id, "qr_scanned", actor=f"staff:{me.staff_id}", at=clock.now())
        return pickup
