"""Connecting a shop with a browser, begun and ended by a signed-in admin; and what we hold of a shopper, to be sent."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import EffectError, Forbidden, Invalid, NotFound, PermanentFailure, Unavailable
from bopis.merchants.actions import install
from bopis.merchants.queries import account_named
from bopis.orders.models import Order
from bopis.pickups.privacy import held
from bopis.pickups.reconcile import revive
from bopis.ports import BadSignature, Installed, Installer
from bopis.web import consent
from bopis.web.associate import guard
from bopis.web.associate.guard import staff
from bopis.web.consent import Consent
from bopis.web.granting import was_granted

NEEDS = {"connect.start": "connect", "connect.callback": "connect", "connect.what_is_held": "connect"}


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
        return redirect(installer.permission_url(name, callback, consent.begin(staff().id, vendor, name)), 303)

    @routes.get("/<vendor>/callback")
    def callback(vendor: str) -> Response:
        installer = _installer(installers, vendor)
        begun = consent.opened(request.args.get("state", ""), vendor)
        if begun.by != staff().id:
            raise Forbidden("bad_state", "This was begun by somebody else. Begin again.")
        installed = _finish(installer)
        if installed is None:
            return _came_by_itself(database, begun)
        if installed.account_name != begun.name:
            raise Forbidden("other_shop", "This is not the shop that was to be connected. Begin again.")
        now = clock.now()
        with database.transaction() as session:
            merchant_id = staff().staff.merchant_id
            connection = install(session, merchant_id, vendor, installed.account_name, installed.secrets, now)
            revive(session, connection.id, now)
        return _connected(installed.account_name, connection.id)

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


def _came_by_itself(database: Database, begun: Consent) -> Response:
    """The page for a shop that posts its key (`granting`) before it sends the browser back."""
    with database.reading() as session:
        if not was_granted(session, begun):
            raise Forbidden("not_granted", "The shop has not sent us its key. Begin again.")
        made = account_named(session, begun.vendor, begun.name)
    return _connected(begun.name, made.connection_id if made else "")


def _connected(name: str, connection_id: str) -> Response:
    return make_response(render_template("connected.html", name=name, connection_id=connection_id))


def _finish(installer: Installer) -> Installed | None:
    try:
        return installer.finish(request.args.to_dict(), clock.now())
    except BadSignature:
        raise Forbidden("bad_signature", "The platform did not sign this. Begin again.") from None
    except PermanentFailure as problem:
        raise Invalid(problem.code, f"The platform refused: {problem.message}. Begin again.") from None
    except EffectError:
        raise Unavailable("platform_down", "The platform does not answer. Please try again.") from None
