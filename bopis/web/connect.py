"""Connecting a shop with a browser, begun and ended by a signed-in admin; and what we hold of a shopper, for sending.

The state that travels through the platform is sealed, says for which sign-in and which shop it was made, and ends
after ten minutes: nobody else's yes can be slipped into this admin's session.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock, sealing
from bopis.db import Database
from bopis.errors import EffectError, Forbidden, Invalid, NotFound, PermanentFailure, Unavailable
from bopis.merchants.actions import install
from bopis.orders.models import Order
from bopis.pickups.privacy import held
from bopis.pickups.reconcile import revive
from bopis.ports import BadSignature, Installed, Installer
from bopis.web.associate import guard
from bopis.web.associate.guard import staff

NEEDS = {"connect.start": "connect", "connect.callback": "connect", "connect.what_is_held": "connect"}
_STATE = "connect.state"
_STATE_LIFE = dt.timedelta(minutes=10)


def blueprint(database: Database, installers: Mapping[str, Installer], public_url: str) -> Blueprint:
    """`GET /connect/<vendor>?shop=`, `GET /connect/<vendor>/callback`, `GET /connect/held/<order id>`."""
    routes = Blueprint("connect", __name__, url_prefix="/connect")
    guard.install(routes, database, secure=public_url.startswith("https"), needs=NEEDS)

    @routes.get("/<vendor>")
    def start(vendor: str) -> BaseResponse:
        installer = _installer(installers, vendor)
        name = installer.account_name(request.args.get("shop", ""))
        if not name:
            raise Invalid("bad_shop", "Say which shop: its address, as the platform gave it.")
        callback = f"{public_url}/connect/{vendor}/callback"
        return redirect(installer.permission_url(name, callback, _new_state(vendor, name)), 303)

    @routes.get("/<vendor>/callback")
    def callback(vendor: str) -> Response:
        installer = _installer(installers, vendor)
        expected = _shop_in_state(vendor, request.args.get("state", ""))
        installed = _finish(installer)
        if installed.account_name != expected:
            raise Forbidden("other_shop", "This is not the shop that was to be connected. Begin again.")
        now = clock.now()
        with database.transaction() as session:
            merchant_id = staff().staff.merchant_id
            connection = install(session, merchant_id, vendor, installed.account_name, installed.secrets, now)
            revive(session, connection.id, now)
        return make_response(render_template("connected.html", name=installed.account_name))

    @routes.get("/held/<order_id>")
    def what_is_held(order_id: str) -> Response:
        with database.reading() as session:
            order = session.get(Order, order_id)
            if order is None or order.merchant_id != staff().staff.merchant_id:
                raise NotFound("unknown_order", "There is no such order.")
            response = jsonify(held(session, order))
        response.headers["Content-Disposition"] = 'attachment; filename="what-we-hold.json"'
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _installer(installers: Mapping[str, Installer], vendor: str) -> Installer:
    if vendor not in installers:
        raise NotFound("unknown_vendor", "Shops of this platform cannot be connected here.")
    return installers[vendor]


def _finish(installer: Installer) -> Installed:
    try:
        return installer.finish(request.args.to_dict(), clock.now())
    except BadSignature:
        raise Forbidden("bad_signature", "The platform did not sign this. Begin again.") from None
    except PermanentFailure as problem:
        raise Invalid(problem.code, f"The platform refused: {problem.message}. Begin again.") from None
    except EffectError:
        raise Unavailable("platform_down", "The platform does not answer. Please try again.") from None


def _new_state(vendor: str, name: str) -> str:
    until = (clock.now() + _STATE_LIFE).isoformat()
    sealed = sealing.seal(json.dumps([staff().id, vendor, name, until]), to=_STATE)
    return base64.urlsafe_b64encode(sealed).decode()


def _shop_in_state(vendor: str, state: str) -> str:
    """The shop this sign-in began to connect. Raises Forbidden."""
    try:
        opened = sealing.unseal(base64.urlsafe_b64decode(state.encode("ascii")), to=_STATE)
        by, for_vendor, name, until = json.loads(opened)
    except (sealing.NotSealedHere, binascii.Error, ValueError):
        raise Forbidden("bad_state", "This was not begun here. Begin again.") from None
    if by != staff().id or for_vendor != vendor or dt.datetime.fromisoformat(until) < clock.now():
        raise Forbidden("bad_state", "This was begun by somebody else or too long ago. Begin again.")
    return str(name)
