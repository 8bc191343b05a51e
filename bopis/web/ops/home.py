"""Where an operator starts: what needs a person, and how it goes, over all stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError
from bopis.pickups.mapping import suggestion
from bopis.pickups.models import Pickup
from bopis.stores.models import Store
from bopis.tasks import KINDS, Task
from bopis.web.ops import numbers
from bopis.web.ops.common import ago, me, stores, versioned
from bopis.web.ops.settling import ABOUT_PICKUPS, URGENT, Way, button, open_tasks, way


@dataclass(frozen=True)
class TaskRow:
    """One task. `button` are the words that settle it, if any; `pickup` is what it is about, if that is one."""

    id: str
    kind: str
    title: str
    reason: str
    button: str
    pickup: str
    here: bool
    """In the store of whoever looks, where they can also do it by hand."""
    urgent: bool
    age: str
    way: Way | None = None
    """The page on which it is done, if that is another."""
    store: str = ""
    """The store it most probably means, where it asks for one."""


@dataclass(frozen=True)
class Group:
    """The tasks of one store, or of none."""

    store: str
    rows: list[TaskRow]


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/`, `GET /ops/state`."""

    @routes.get("/")
    def home() -> Response:
        return show(database)

    @routes.get("/state")
    def home_state() -> Response:
        with database.reading() as session:
            return jsonify(_look(session))


def show(database: Database, problem: BopisError | None = None) -> Response:
    """The page, with what went wrong on top."""
    with database.reading() as session:
        looked = _look(session)
    page = render_template("ops/home.html", looked=looked, problem=problem)
    return make_response(page, problem.status if problem else 200)


def rows(session: Session, found: Sequence[Task]) -> list[TaskRow]:
    """Tasks as pages show them."""
    mine, now = me().store_id, clock.now()
    subjects = [task.subject_id for task in found if task.kind in ABOUT_PICKUPS]
    meant = select(Pickup).where(Pickup.id.in_(subjects), Pickup.merchant_id == me().merchant_id)
    pickups = {pickup.id: pickup for pickup in session.scalars(meant)}
    return [
        TaskRow(
            task.id,
            task.kind,
            KINDS[task.kind],
            task.reason,
            button(task.kind),
            task.subject_id if task.subject_id in pickups else "",
            task.store_id == mine,
            task.kind in URGENT,
            ago(task.created_at, now),
            way(session, task, me().role),
            _suggested(session, pickups.get(task.subject_id)) if task.kind == "map_location" else "",
        )
        for task in found
    ]


def _suggested(session: Session, pickup: Pickup | None) -> str:
    store = suggestion(session, pickup) if pickup is not None else None
    return store.id if store is not None else ""


def _look(session: Session) -> dict[str, Any]:
    found = open_tasks(session, me().merchant_id)
    known = stores(session)
    groups = _by_store(found, rows(session, found), known)
    return versioned(
        {
            "stores": [{"id": store.id, "name": store.name} for store in known],
            "groups": [asdict(group) for group in groups],
            "tasks": len(found),
            "numbers": asdict(numbers.count(session, me().merchant_id, clock.now())),
        }
    )


def _by_store(found: Sequence[Task], shown: Sequence[TaskRow], known: Sequence[Store]) -> list[Group]:
    """The store of the first task comes first."""
    names = {store.id: store.name for store in known}
    groups: dict[str, Group] = {}
    for task, row in zip(found, shown, strict=True):
        name = names.get(task.store_id or "", "No store")
        groups.setdefault(name, Group(name, [])).rows.append(row)
    return list(groups.values())
