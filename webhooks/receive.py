"""Receives webhooks: raw bytes, verify, inbox, commit, 2xx; and never a 2xx before the commit."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, current_app, request

from bopis import clock, inbox
from bopis.db import RECEIPT_PATIENCE, Database
from bopis.errors import Invalid, NotFound, NotSignedIn
from bopis.merchants.queries import account, account_named
from bopis.ports import BadDelivery, BadSignature, Platform

MOST_BYTES = 1_048_576


def blueprint(database: Database, platforms: Mapping[str, Platform]) -> Blueprint:
    """`POST /webhooks/<vendor>/<connection>`: 202 stored, 200 known already, 401 not signed, 503 try again.

    `POST /webhooks/<vendor>/app` is the one address of our app at a platform, for all accounts that installed it.
    """
    routes = Blueprint("webhooks", __name__)

    @routes.post("/webhooks/<vendor>/<connection_id>")
    def receive(vendor: str, connection_id: str) -> Response:
        platform = platforms.get(vendor)
        request.max_content_length = MOST_BYTES
        body = request.get_data()
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            sender = account(session, vendor, connection_id) if platform else None
            if platform is None or sender is None:
                raise NotFound("unknown_connection", "There is no connection at this address.")
            try:
                delivery = platform.verify(request.headers, body, sender)
            except BadSignature:
                raise NotSignedIn("bad_signature", "It is not signed with this connection's secret.") from None
            except BadDelivery as problem:
                raise Invalid("bad_delivery", str(problem)) from None
            fresh = inbox.store(session, sender, delivery, body, clock.now())
        current_app.logger.info("delivery %s %s %s", vendor, delivery.topic, "stored" if fresh else "known")
        return Response(status=202 if fresh else 200)

    @routes.post("/webhooks/<vendor>/app")
    def receive_for_app(vendor: str) -> Response:
        platform = platforms.get(vendor)
        request.max_content_length = MOST_BYTES
        body = request.get_data()
        if platform is None:
            raise NotFound("unknown_vendor", "There is no such platform.")
        try:
            name, delivery = platform.verify_for_app(request.headers, body)
        except BadSignature:
            raise NotSignedIn("bad_signature", "This delivery is not signed with our app's secret.") from None
        except BadDelivery as problem:
            raise Invalid("bad_delivery", str(problem)) from None
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            sender = account_named(session, vendor, name)
            # Of an account we never knew we hold nothing, which is a good answer to whatever is asked.
            fresh = sender is not None and inbox.store(session, sender, delivery, body, clock.now())
        current_app.logger.info("delivery %s %s %s", vendor, delivery.topic, "stored" if fresh else "known")
        return Response(status=202 if fresh else 200)

    return routes
