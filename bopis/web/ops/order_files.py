"""A shop of our own order schema: the addresses it gave us, and orders dropped as a file."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import changes, clock
from bopis.db import Database
from bopis.errors import BopisError, Invalid, NotFound
from bopis.hooks.health import CarefulSender
from bopis.merchants.models import Connection
from bopis.orders.dropping import Dropped, drop
from bopis.ports import BadOrders, Mistake, OrderIntake
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me

MOST_BYTES = 4 * 1024 * 1024
ADDRESSES = ("orders_url", "callback_url")
_SHOWN = 30


def add(
    routes: Blueprint, database: Database, intake: OrderIntake | None, sender: CarefulSender | None, public_url: str
) -> None:
    """`GET`, `POST /ops/connections/<id>/orders` (file), `POST /ops/connections/<id>/addresses` (of ADDRESSES)."""
    if intake is None or sender is None:
        return

    def show(connection: Connection, status: int = 200, **more: object) -> Response:
        address = f"{public_url}/webhooks/{connection.vendor}/{connection.id}"
        page = render_template("ops/order_file.html", connection=connection, address=address, **more)
        return make_response(page, status)

    @routes.get("/connections/<connection_id>/orders")
    def order_file(connection_id: str) -> Response:
        with database.reading() as session:
            return show(_mine(session, connection_id, intake))

    @routes.post("/connections/<connection_id>/orders")
    def drop_orders(connection_id: str) -> BaseResponse:
        request.max_content_length = MOST_BYTES
        with database.reading() as session:
            connection = _mine(session, connection_id, intake)
        try:
            orders = intake.from_table(_text(), clock.now())
        except BadOrders as problem:
            if not wants_page():
                raise Invalid("bad_orders", str(problem)) from None
            return show(connection, 400, mistakes=problem.mistakes[:_SHOWN], more=len(problem.mistakes) - _SHOWN)
        with database.transaction() as session:
            dropped: Dropped = drop(session, connection.account(), orders, clock.now())
        return show(connection, dropped=dropped)

    @routes.post("/connections/<connection_id>/addresses")
    def set_addresses(connection_id: str) -> BaseResponse:
        try:
            wanted = {name: _checked(sender, request.form.get(name, "")) for name in ADDRESSES}
        except BopisError as problem:
            if not wants_page():
                raise
            with database.reading() as session:
                return show(_mine(session, connection_id, intake), problem.status, problem=problem)
        with database.transaction() as session:
            connection = _mine(session, connection_id, intake)
            before = {name: connection.settings.get(name, "") for name in ADDRESSES}
            kept = {name: value for name, value in connection.settings.items() if name not in ADDRESSES}
            connection.settings = kept | {name: url for name, url in wanted.items() if url}
            about = (connection.merchant_id, connection.id, "addresses", before, wanted)
            changes.note(session, *about, actor=actor(), now=clock.now())
        return done("ops.order_file", connection_id=connection_id)


def _mine(session: Session, connection_id: str, intake: OrderIntake) -> Connection:
    theirs = (Connection.id == connection_id, Connection.merchant_id == me().merchant_id)
    found = session.scalars(select(Connection).where(*theirs, Connection.vendor == intake.vendor)).first()
    if found is None:
        raise NotFound("unknown_connection", "There is no such connection.")
    return found


def _text() -> str:
    """The file, as text. Raises BadOrders."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadOrders([Mistake(0, "choose a file first")])
    try:
        return file.read().decode("utf-8")
    except UnicodeDecodeError:
        raise BadOrders([Mistake(0, "the file is not UTF-8; save it as “CSV UTF-8”")]) from None


def _checked(sender: CarefulSender, url: str) -> str:
    if not url.strip():
        return ""
    try:
        return sender.check(url)
    except ValueError as problem:
        words = str(problem)
        raise Invalid("bad_address", f"{words[:1].upper()}{words[1:]}.") from None
