"""Orders of a shop that speaks our own schema, sent here one by one: taken in, and worked off a moment later."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.errors import Conflict, Forbidden, NotFound
from bopis.merchants.models import Connection
from bopis.orders.dropping import drop
from bopis.ports import BadOrders, OrderIntake
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Answer, Asked, Id, text, yes_no
from bopis.web.api_v1.operations import Call, Operation
from bopis.web.problems import Misplaced


class OrdersAsked(Asked):
    connection_id = Id("Through which connection of the kind “any other shop”; needed if there are several.")


class TakenAnswer(Answer):
    connection_id = Id("The connection that took it.")
    order_id = text("The shop's own id, as it was sent.")
    known = yes_no("It was sent in these very words before: nothing new follows from it.")


def add(api: Api, intake: OrderIntake) -> None:
    """`POST /orders`."""

    @api.does(
        Operation(
            "send_order",
            "POST",
            "/orders",
            "orders:write",
            "Send an order",
            TakenAnswer,
            about="The whole order as it is now, new or changed; one older than what we know changes nothing. "
            "It is worked off within seconds: its pickups then stand in `/pickups?order=…`.",
            query=OrdersAsked,
            body=intake.schema,
            status=202,
            problems={403: ("store_key",), 404: ("not_found",), 409: ("which_connection",)},
        )
    )
    def send_order(session: Session, call: Call) -> dict[str, Any]:
        if call.key.store_id is not None:
            raise Forbidden("store_key", "A key that is bound to one store cannot send orders, which may go to any.")
        found = _connection(session, call, intake.vendor)
        try:
            # As it was sent: what is kept is the shop's word, read again by whoever works it off.
            message = intake.from_json(request.get_json(), clock.now())
        except BadOrders as problem:
            where = dict(_place(mistake.words) for mistake in problem.mistakes)
            raise Misplaced("bad_field", "The order is not accepted.", where) from None
        dropped = drop(session, found.account(), [message], clock.now())
        return {"connection_id": found.id, "order_id": message.delivery.subject, "known": not dropped.fresh}


def _connection(session: Session, call: Call, vendor: str) -> Connection:
    """The one that is meant. Raises NotFound, or Conflict where it must be named."""
    mine = select(Connection).where(Connection.merchant_id == call.key.merchant_id, Connection.vendor == vendor)
    if "connection_id" in call.query:
        mine = mine.where(Connection.id == call.query["connection_id"])
    found = list(session.scalars(mine.limit(2)))
    if not found:
        raise NotFound(
            "not_found", "There is no connection that takes orders here. An admin makes one: Any other shop."
        )
    if len(found) > 1:
        raise Conflict("which_connection", "Several connections take orders here: name one with connection_id.")
    return found[0]


def _place(words: str) -> tuple[str, str]:
    at, _, said = words.partition(": ")
    return (f"/{at.replace('.', '/')}", said) if said else ("", words)
