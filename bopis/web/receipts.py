"""Delivery reports from text message providers: verified, then noted."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request

from bopis import clock
from bopis.db import RECEIPT_PATIENCE, Database
from bopis.errors import Invalid, NotFound, NotSignedIn
from bopis.merchants.queries import account
from bopis.notices.actions import take_report
from bopis.ports import BadDelivery, BadSignature, Messenger


def blueprint(database: Database, messengers: Mapping[str, Messenger], public_url: str) -> Blueprint:
    """`POST /receipts/<vendor>/<connection>`: 204 noted, 401 not signed."""
    routes = Blueprint("receipts", __name__)

    @routes.post("/receipts/<vendor>/<connection_id>")
    def receive(vendor: str, connection_id: str) -> Response:
        messenger = messengers.get(vendor)
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            sender = account(session, vendor, connection_id) if messenger else None
            if messenger is None or sender is None:
                raise NotFound("unknown_connection", "There is no connection at this address.")
            try:
                receipt = messenger.read_callback(
                    sender, public_url + request.full_path.rstrip("?"), request.form, request.headers
                )
            except BadSignature:
                raise NotSignedIn("bad_signature", "This report is not signed by its provider.") from None
            except BadDelivery as problem:
                raise Invalid("bad_delivery", str(problem)) from None
            take_report(session, connection_id, receipt, clock.now())
        return Response(status=204)

    return routes
