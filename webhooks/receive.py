"""Receives webhooks: raw bytes, verify, inbox, commit, 2xx; and never a 2xx before the commit."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import partial

from flask import Blueprint, Response, g, request

from bopis import clock, inbox
from bopis.db import RECEIPT_PATIENCE, Database
from bopis.errors import Invalid, NotFound, NotSignedIn
from bopis.merchants import testing
from bopis.merchants.accounts import Accounts
from bopis.merchants.actions import note_refused
from bopis.merchants.queries import account_named
from bopis.ports import Account, BadDelivery, BadSignature, Delivery, Ping, Platform

MOST_BYTES = 1_048_576
_NOTE_EVERY = 60.0
_CHALLENGE = re.compile("[A-Za-z0-9_-]{1,200}")


def blueprint(database: Database, platforms: Mapping[str, Platform]) -> Blueprint:
    """`POST /webhooks/<vendor>/<connection>`: 202 stored, 200 known already, 401 not signed, 503 try again; `GET` with
    a `challenge` answers it.

    `POST /webhooks/<vendor>/app` is the one address of our app at a platform, for all accounts that installed it.
    """
    routes = Blueprint("webhooks", __name__)
    accounts, refusals = Accounts(database), _Refusals(database)

    @routes.post("/webhooks/<vendor>/<connection_id>")
    def receive(vendor: str, connection_id: str) -> Response:
        platform = platforms.get(vendor)
        body = _body()
        if platform is None:
            raise NotFound("unknown_connection", "There is no connection at this address.")
        try:
            sender, delivery = _verified(platform, accounts, vendor, connection_id, body)
        except Ping:
            return Response(status=200)
        except NotSignedIn:
            refusals.note(connection_id)
            raise
        return _taken_in(database, sender, delivery, body)

    routes.add_url_rule("/webhooks/<vendor>/<connection_id>", "challenged", partial(_challenged, platforms))

    @routes.post("/webhooks/<vendor>/app")
    def receive_for_app(vendor: str) -> Response:
        platform = platforms.get(vendor)
        body = _body()
        if platform is None:
            raise NotFound("unknown_vendor", "There is no such platform.")
        try:
            name, delivery = platform.verify_for_app(_headers(), body)
        except BadSignature:
            raise NotSignedIn("bad_signature", "This delivery is not signed with our app's secret.") from None
        except BadDelivery as problem:
            raise Invalid("bad_delivery", str(problem)) from None
        with database.reading() as session:
            sender = account_named(session, vendor, name)
        if sender is None:
            return Response(status=200)  # of an account we never knew we hold nothing, whatever is asked
        return _taken_in(database, sender, delivery, body)

    return routes


def _challenged(platforms: Mapping[str, Platform], vendor: str, connection_id: str) -> dict[str, str]:
    """Its own word back, for a vendor that asks before it sends anything whether this is the right address."""
    word = request.args.get("challenge", "")
    if vendor not in platforms or not _CHALLENGE.fullmatch(word):
        raise NotFound("unknown_connection", "There is no connection at this address.")
    return {"challenge": word}


class _Refusals:
    """Notes refused deliveries for whoever sets a connection up, at most one a minute: anybody can send one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[str, float] = {}

    def note(self, connection_id: str) -> None:
        at = time.monotonic()
        if at - self._noted.get(connection_id, -_NOTE_EVERY) < _NOTE_EVERY:
            return
        self._noted[connection_id] = at
        with self._database.transaction() as session:
            note_refused(session, connection_id, clock.now())


def _body() -> bytes:
    request.max_content_length = MOST_BYTES
    return request.get_data()


def _headers() -> dict[str, str]:
    # By hand: to walk through Flask's own takes ten times as long.
    given = request.environ.items()
    return {name[5:].replace("_", "-").lower(): value for name, value in given if name.startswith("HTTP_")}


def _verified(
    platform: Platform, accounts: Accounts, vendor: str, connection_id: str, body: bytes
) -> tuple[Account, Delivery]:
    """Who sent it and what it is. Raises NotFound, NotSignedIn or Invalid."""
    sender, headers = None, _headers()
    for sender in accounts.versions(vendor, connection_id):
        try:
            return sender, platform.verify(headers, body, sender)
        except BadSignature:
            continue  # its secret may have changed since we looked
        except BadDelivery as problem:
            raise Invalid("bad_delivery", str(problem)) from None
    if sender is None:
        raise NotFound("unknown_connection", "There is no connection at this address.")
    raise NotSignedIn("bad_signature", "It is not signed with this connection's secret.")


def _taken_in(database: Database, sender: Account, delivery: Delivery, body: bytes) -> Response:
    test_id = testing.id_in(body)
    if test_id is not None:
        with database.transaction(patience=RECEIPT_PATIENCE) as session:
            testing.came(session, sender.connection_id, test_id, clock.now())
        return Response(status=200)
    entry_id = inbox.take_in(database, sender, delivery, body, clock.now())
    g.about = {"connection": sender.connection_id, "topic": delivery.topic}
    if entry_id:
        g.about["delivery"] = entry_id
    return Response(status=202 if entry_id else 200)
