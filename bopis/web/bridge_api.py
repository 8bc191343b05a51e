"""The endpoints bridges dial: enrolment and the signed sync, held open until there is news."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Blueprint, Response, current_app, jsonify, request

from bopis import clock, sealing
from bopis.bell import BankListener
from bopis.bridges import actions
from bopis.bridges.keys import find
from bopis.db import Database
from bopis.errors import Invalid, NotSignedIn, Unavailable
from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key
from bopis.pickups.grants import LEASE
from bopis.web.schemas import EnrolSchema, SyncSchema, check, load
from bopis.web.syncing import HeldSync, News, Syncs
from bopis.web.turns import BUSY, WAITED, Waits
from firmware_bridge.protocol import signatures

SYNC = "/bridge/v1/sync"
CLOUD_KEY_ID = "cloud-1"
_ENROL, _SYNC = EnrolSchema(), SyncSchema()


def blueprint(database: Database, listener: BankListener, bridges_url: str) -> Blueprint:
    """`POST /bridge/v1/enrol` and `POST /bridge/v1/sync`, as `firmware_bridge.protocol.wire` shapes them."""
    routes = Blueprint("bridge_api", __name__)
    syncs, keys, cloud_key = Syncs(database, listener), _Keys(database), sealing.cloud_key()

    @routes.errorhandler(_Refused)
    def refuse(problem: _Refused) -> tuple[Response, int]:
        # With our time, by which a bridge whose clock is off can correct itself and try again.
        return jsonify(code=problem.code, message=problem.message, time=clock.now().isoformat()), problem.status

    @routes.post("/bridge/v1/enrol")
    def enrol() -> Response:
        sent = load(_ENROL)
        with database.transaction() as session:
            bridge = actions.enrol(
                session, sent["code"], sent["public_key"], sent["proof"], sent["software"], clock.now()
            )
            key = bank_key(session.get_one(Bank, bridge.bank_id))
        current_app.logger.info("bridge %s enrolled for bank %s", bridge.id, bridge.bank_id)
        return jsonify(
            bridge_id=bridge.id,
            key_id=bridge.id,
            cloud_key=base64.b64encode(cloud_key.public_key().public_bytes_raw()).decode(),
            bank_key=base64.b64encode(key).decode(),
            time=clock.now().isoformat(),
        )

    @routes.post(SYNC)
    def sync() -> Response:
        if BUSY in request.environ:
            raise Unavailable("busy", "Too many bridges speak at once. Please try again.")
        held: HeldSync | None = request.environ.get(WAITED)
        if held is None:
            signed, sent = _verified(keys, bridges_url)
            nonce, news = signed.nonce, syncs.begin(signed.key_id, signed.nonce, sent)
        else:
            nonce, news = held.nonce, syncs.go_on(held)
        if news is None:
            raise _Refused("bad_signature")
        if isinstance(news, HeldSync):
            raise Waits(news)
        return _signed(_written(news), cloud_key, nonce)

    return routes


class _Keys:
    """Bridges' public keys, each read once: what a name stands for never changes. Whether it may still speak is asked
    each time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Ed25519PublicKey] = {}

    def find(self, key_id: str) -> Ed25519PublicKey | None:
        """A bridge's key; None when it is unknown or its bridge revoked."""
        known = self._known.get(key_id)
        if known is None:
            with self._database.reading() as session:
                known = find(session, key_id)
            if known is not None:
                self._known[key_id] = known
        return known


def _verified(keys: _Keys, bridges_url: str) -> tuple[signatures.Signed, dict[str, Any]]:
    """Who signed this request, and what it says. The request itself keeps none of it: it may be held open for long."""
    # Built from our own setting: what a proxy makes of host and scheme is not what the bridge signed.
    message = signatures.Request(
        request.method,
        bridges_url + request.full_path.rstrip("?"),
        dict(request.headers),
        request.get_data(cache=False),
    )
    try:
        signed = signatures.verify_request(message, find_key=keys.find, now=clock.now())
    except signatures.BadSignature as problem:
        raise _Refused(problem.code) from None
    try:
        return signed, check(_SYNC, json.loads(message.body))
    except ValueError:
        raise Invalid("bad_json", "Send a JSON object.") from None


class _Refused(NotSignedIn):
    def __init__(self, code: str) -> None:
        words = {"clock_skew": "Your clock differs from ours by more than five minutes."}
        super().__init__(code, words.get(code, "This request is not signed by a bridge we know."))


def _written(news: News) -> dict[str, Any]:
    return {
        "cursor": news.cursor,
        "reset": news.reset,
        "acked": news.acked,
        "time": clock.now().isoformat(),
        "grants": news.grants,
        "layout": news.layout,
        **news.store,
        **({"key": news.key} if news.key else {}),
        "lease_until": (clock.now() + LEASE).isoformat(),
        "commands": [
            {
                "id": command.id,
                "kind": command.kind,
                "issued_at": command.issued_at.isoformat(),
                "expires_at": command.expires_at.isoformat(),
                "actor": command.actor,
                **command.details,
            }
            for command in news.commands
        ],
    }


def _signed(body: dict[str, Any], key: Ed25519PrivateKey, nonce: str) -> Response:
    message = signatures.Response(200, {"Content-Type": "application/json"}, json.dumps(body).encode())
    signatures.sign_response(message, key_id=CLOUD_KEY_ID, key=key, now=clock.now(), nonce=nonce)
    return Response(message.body, 200, message.headers)
