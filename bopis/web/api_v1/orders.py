"""Orders of a shop that speaks our own schema, sent here one by one: taken in, and worked off a moment later."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.errors import Forbidden, NotFound
from bopis.merchants.models import Connection
from bopis.orders.dropping import drop
from bopis.ports import BadOrders, OrderIntake
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Answer, Id, text, yes_no
from bopis.web.api_v1.operations import Call, Operation
from bopis.web.problems import Misplaced


class TakenAnswer(Answer):
    connection_id = Id()
    order_id = text("The shop's own id, as it was sent.")
    known = yes_no("It was sent in these very words before: nothing new follows from it.")


def add(api: Api, intake: OrderIntake) -> None:
    """`POST /connections/<id>/orders`."""

    @api.does(
        Operation(
            "send_order",
            "POST",
            "/connections/<connection_id>/orders",
            "orders:write",
            "Send an order",
            TakenAnswer,
            about="The whole order as it is now, new or changed; one older than what we know changes nothing. "
            "It is worked off within seconds: its pickups then stand in `/pickups?order=…`. The connection is one of "
            "the kind “any other shop”, whose id stands in the address of its webhooks.",
            body=intake.schema,
            status=202,
            problems={403: ("store_key",)},
        )
    )
    def send_order(session: Session, call: Call) -> dict[str, Any]:
        if call.key.store_id is not None:
            raise Forbidden("store_key", "A key that is bound to one store cannot send orders, which may go to any.")
        found = session.scalars(
            select(Connection).where(
                Connection.id == call.path["connection_id"],
                Connection.merchant_id == call.key.merchant_id,
                Connection.vendor == intake.vendor,
            )
        ).first()
        if found is None:
            raise NotFound("not_found", "There is no such connection of that kind.")
        try:
            # As it was sent: what is kept is the shop's word, read again by whoever works it off.
            message = intake.from_json(request.get_json(), clock.now())
        except BadOrders as problem:
            where = dict(_place(mistake.words) for mistake in problem.mistakes)
            raise Misplaced("bad_field", "The order is not accepted.", where) from None
        dropped = drop(session, found.account(), [message], clock.now())
        return {"connection_id": found.id, "order_id": message.delivery.subject, "known": not dropped.fresh}


def _place(words: str) -> tuple[str, str]:
    at, _, said = words.partition(": ")
    return (f"/{at.replace('.', '/')}", said) if said else ("", words)
