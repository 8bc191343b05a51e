"""Receives what holders of money tell us: raw bytes, verify, keep, ask for a look, commit, 2xx."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, request

from bopis import clock
from bopis.db import RECEIPT_PATIENCE, Database
from bopis.errors import Invalid, NotFound, NotSignedIn
from bopis.merchants.queries import account
from bopis.payments.news import Concerned, take_in
from bopis.ports import BadDelivery, BadSignature, Payments

MOST_BYTES = 1_048_576


def blueprint(database: Database, payments: Mapping[str, Payments]) -> Blueprint:
    """`POST /payments/<vendor>/<connection>`: 202 taken in, 200 known already, 401 not signed, 503 try again."""
    routes = Blueprint("payments", __name__)

    @routes.post("/payments/<vendor>/<connection_id>")
    def receive(vendor: str, connection_id: str) -> Response:
        request.max_content_length = MOST_BYTES
        body, holder = request.get_data(), payments.get(vendor)
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            sender = account(session, vendor, connection_id) if holder else None
            if holder is None or sender is None:
                raise NotFound("unknown_connection", "There is no connection at this address.")
            try:
                delivery = holder.verify(request.headers, body, sender, clock.now())
                about = Concerned(holder.payment_of(delivery, body), holder.checkout_of(delivery, body))
            except BadSignature:
                raise NotSignedIn("bad_signature", "It is not signed with this connection's secret.") from None
            except BadDelivery as problem:
                raise Invalid("bad_delivery", str(problem)) from None
            g.about = {"connection": connection_id, "topic": delivery.topic}
            fresh = take_in(session, sender, delivery, about, body, clock.now())
        return Response(status=202 if fresh else 200)

    return routes
