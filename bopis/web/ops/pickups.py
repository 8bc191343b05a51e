"""Every pickup of a merchant: by store and state, newest first, or found by order number or phone number."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.wrappers import Response as BaseResponse

from bopis import sealing
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.merchants.models import Connection
from bopis.orders.actions import valid_phone
from bopis.orders.models import PHONE, Order
from bopis.orders.queries import country_of
from bopis.pickups.models import Pickup, Placement
from bopis.pickups.words import REASONS, STATES
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import ROWS, Page, after, chosen, me, page_of, stores
from bopis.web.ops.numbers import is_to_take_out, lies_at_counter

_SPECIAL: dict[str, Callable[[], ColumnElement[bool]]] = {
    "open": lambda: Pickup.closed_at.is_(None),
    "to_load": lambda: Pickup.closed_at.is_(None) & Pickup.state.in_(("waiting", "reserved")),
    "at_counter": lambda: Pickup.closed_at.is_(None) & lies_at_counter(),
    "to_take_out": lambda: Pickup.closed_at.is_(None) & is_to_take_out(),
    "closed": lambda: Pickup.closed_at.is_not(None),
    "all": true,
}
FILTERS = {
    "open": "Open",
    "to_load": "Waiting or to load",
    "at_counter": "At the counter",
    "to_take_out": "To take out",
    **STATES,
    "closed": "Closed",
    "all": "All",
}
_LONGEST = 64


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/pickups` (store, state, after), `POST /ops/pickups/find` (q)."""

    @routes.get("/pickups")
    def pickups() -> Response:
        state = chosen("state", list(FILTERS), "open")
        with database.reading() as session:
            known = stores(session)
            store = chosen("store", ["all", *(store.id for store in known)], "all")
            page = page_of(_listed(session, *_filtered(store, state), limit=ROWS + 1))
        return _show(page, stores=known, store=store, state=state)

    @routes.post("/pickups/find")
    def find() -> BaseResponse:
        # By POST, so that a shopper's number never stands in an address, and so in no log or history.
        with database.reading() as session:
            known, found = stores(session), _search(session, request.form.get("q", ""))
        if len(found) == 1 and wants_page():
            return redirect(url_for("ops.pickup", pickup_id=found[0].id), 303)
        problem = None
        if not found:
            # What was typed is not repeated: it may have been a shopper's code.
            problem = NotFound("nothing_found", "No pickup of that order or phone number. Check it and try again.")
            if not wants_page():
                raise problem
        return _show(Page(found, ""), problem, stores=known, store="all", state="all", searched=True)


def _show(page: Page[Pickup], problem: BopisError | None = None, **shown: object) -> Response:
    written = render_template(
        "ops/pickups.html", page=page, problem=problem, filters=FILTERS, words=STATES, why=REASONS, **shown
    )
    return make_response(written, problem.status if problem else 200)


def _filtered(store: str, state: str) -> list[ColumnElement[bool]]:
    """The condition; `store` is one of the merchant's own."""
    where = [Pickup.merchant_id == me().merchant_id if store == "all" else Pickup.store_id == store]
    where.append(_SPECIAL[state]() if state in _SPECIAL else Pickup.state == state)
    return where + ([Pickup.id < after()] if after() else [])


def _search(session: Session, text: str) -> list[Pickup]:
    wanted = text.strip()[:_LONGEST]
    bare = wanted.lstrip("#")
    if not bare:
        return []
    merchant_id = me().merchant_id
    ours = Order.connection_id.in_(select(Connection.id).where(Connection.merchant_id == merchant_id))
    meant = [
        (Order.merchant_id == merchant_id) & Order.name.in_((wanted, bare, f"#{bare}")),
        ours & (Order.platform_order_id == bare),
    ]
    phone = valid_phone(wanted, country_of(session, merchant_id))
    if phone:
        meant.append((Order.merchant_id == merchant_id) & Order.phone_index.in_(sealing.blind(PHONE, phone)))
    # One question each: asked as one, none of their indexes would serve.
    newest = (select(Order.id).where(each).order_by(Order.id.desc()).limit(ROWS) for each in meant)
    orders = {order_id for statement in newest for order_id in session.scalars(statement)}
    return _listed(session, Pickup.order_id.in_(orders), limit=ROWS)


def _listed(session: Session, *where: ColumnElement[bool], limit: int) -> list[Pickup]:
    statement = (
        select(Pickup)
        .where(*where)
        .options(
            joinedload(Pickup.order),
            joinedload(Pickup.store),
            selectinload(Pickup.placements).joinedload(Placement.compartment),
        )
        .order_by(Pickup.id.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))
