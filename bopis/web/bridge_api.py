"""The endpoints bridges dial: enrolment and the signed sync, held open until there is news."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.orm import Session

from bopis import clock, sealing
from bopis.bell import BankListener
from bopis.bridges import actions
from bopis.bridges.models import Bridge, DoorCommand
from bopis.bridges.queries import layout, public_key, waiting_commands
from bopis.db import Database
from bopis.errors import Forbidden, NotSignedIn
from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key
from bopis.pickups.device_events import act_on
from bopis.pickups.for_bridge import grants_since
from bopis.web.schemas import EnrolSchema, SyncSchema, load
from bopis.web.watching import Held, Watch
from firmware_bridge.protocol import signatures

CLOUD_KEY_ID = "cloud-1"
_ENROL, _SYNC = EnrolSchema(), SyncSchema()


@dataclass(frozen=True)
class _News:
    cursor: str
    version: int
    reset: bool
    grants: list[dict[str, Any]]
    layout: dict[str, Any] | None
    commands: list[DoorCommand]

    def __bool__(self) -> bool:
        return self.reset or bool(self.grants or self.layout or self.commands)


def blueprint(database: Database, listener: BankListener, bridges_url: str) -> Blueprint:
    """`POST /bridge/v1/enrol` and `POST /bridge/v1/sync`, as `firmware_bridge.protocol.wire` shapes them."""
    routes = Blueprint("bridge_api", __name__)
    waiting = _Waiting(database, listener, Watch(database, listener))

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
        cloud_key = sealing.cloud_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        current_app.logger.info("bridge %s enrolled for bank %s", bridge.id, bridge.bank_id)
        return jsonify(
            bridge_id=bridge.id,
            key_id=bridge.id,
            cloud_key=base64.b64encode(cloud_key).decode(),
            bank_key=base64.b64encode(key).decode(),
            time=clock.now().isoformat(),
        )

    @routes.post("/bridge/v1/sync")
    def sync() -> Response:
        signed = _verified(database, bridges_url)
        sent = load(_SYNC)
        with database.transaction() as session:
            actions.remember_nonce(session, signed.key_id, signed.nonce, clock.now())
            bridge = _take_in(session, signed.key_id, sent)
        news = waiting.for_news(bridge, sent)
        return _signed(_written(bridge, news), signed.nonce)

    return routes


def _verified(database: Database, bridges_url: str) -> signatures.Signed:
    # Built from our own setting: what a proxy makes of host and scheme is not what the bridge signed.
    message = signatures.Request(
        request.method, bridges_url + request.full_path.rstrip("?"), dict(request.headers), request.get_data()
    )
    with database.reading() as session:
        try:
            return signatures.verify_request(
                message, find_key=lambda key_id: public_key(session, key_id), now=clock.now()
            )
        except signatures.BadSignature as problem:
            raise _Refused(problem.code) from None


class _Refused(NotSignedIn):
    def __init__(self, code: str) -> None:
        words = {"clock_skew": "Your clock differs from ours by more than five minutes."}
        super().__init__(code, words.get(code, "This request is not signed by a bridge we know."))


def _take_in(session: Session, bridge_id: str, sent: dict[str, Any]) -> Bridge:
    now = clock.now()
    bridge = session.get_one(Bridge, bridge_id, with_for_update=True)
    bridge.seen_at, bridge.boot_id = now, sent["boot_id"]
    bridge.applied_version = _version(sent["cursor"], bridge) or 0
    actions.record_doors(session, bridge, sent["doors"], now)
    act_on(session, bridge, actions.record_events(session, bridge, sent["events"], now), now)
    for result in sent["results"]:
        actions.settle_command(session, bridge, result, now)
    session.flush()
    return bridge


@dataclass(frozen=True)
class _Waiting:
    database: Database
    listener: BankListener
    watch: Watch

    def for_news(self, bridge: Bridge, sent: dict[str, Any]) -> _News:
        """What there is for a bridge to hear, at once or as soon as there is something; nothing when its time is up."""
        deadline = clock.now().timestamp() + sent["wait"]
        settled = {result["command"] for result in sent["results"]}
        while True:
            heard = self.listener.count(bridge.bank_id)
            with self.database.reading() as session:
                news = _news(session, bridge, sent, settled)
            if news.commands:
                with self.database.transaction() as session:
                    actions.note_delivery(session, [command.id for command in news.commands], clock.now())
            left = deadline - clock.now().timestamp()
            if news or left <= 0 or _something_to_acknowledge(sent):
                return news
            with self.watch.holding(Held(bridge.bank_id, news.version, bridge.id)):
                self.listener.wait(bridge.bank_id, heard, left)


def _something_to_acknowledge(sent: dict[str, Any]) -> bool:
    return bool(sent["events"] or sent["results"])


def _news(session: Session, bridge: Bridge, sent: dict[str, Any], settled: set[str]) -> _News:
    now = clock.now()
    version = _version(sent["cursor"], bridge)
    # Read before the grants: what changes in between is told again rather than missed.
    newest = session.get_one(Bank, bridge.bank_id, populate_existing=True).sync_version
    if version is not None and version > newest:
        version = None  # the database was restored to an earlier time
    grants = grants_since(session, bridge.bank_id, version or 0) if version != newest else []
    shape = layout(session, bridge.bank_id)
    if session.get_one(Bridge, bridge.id, populate_existing=True).revoked_at is not None:
        raise Forbidden("revoked", "This bridge was replaced or revoked.")
    return _News(
        cursor=f"{bridge.id}:{newest}",
        version=newest,
        reset=version is None,
        grants=grants,
        layout=shape if shape["hash"] != sent["layout"] else None,
        commands=[command for command in waiting_commands(session, bridge.id, now) if command.id not in settled],
    )


def _version(cursor: str | None, bridge: Bridge) -> int | None:
    """The sync version a cursor stands for; None when it is not one of ours for this bridge."""
    owner, _, version = (cursor or "").partition(":")
    return int(version) if owner == bridge.id and version.isdecimal() else None


def _written(bridge: Bridge, news: _News) -> dict[str, Any]:
    return {
        "cursor": news.cursor,
        "reset": news.reset,
        "acked": bridge.last_seq,
        "time": clock.now().isoformat(),
        "grants": news.grants,
        "layout": news.layout,
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


def _signed(body: dict[str, Any], nonce: str) -> Response:
    message = signatures.Response(200, {"Content-Type": "application/json"}, json.dumps(body).encode())
    signatures.sign_response(message, key_id=CLOUD_KEY_ID, key=sealing.cloud_key(), now=clock.now(), nonce=nonce)
    return Response(message.body, 200, message.headers)
