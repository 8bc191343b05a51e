"""The shop over HTTP: its orders for whoever has its token, its ear for our messages, and its controls."""

from __future__ import annotations

import datetime as dt
import json
import threading
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.behaviour import Refused
from sandbox.standard.shop import StandardShop
from sandbox.standard.signing import refusal

PAGE = 50


def standard_blueprint(shop: StandardShop, stopping: threading.Event) -> Blueprint:
    """`/standard/orders`, `/standard/orders/<id>`, `/standard/news`, and `/standard/api/...` for tests."""
    routes = Blueprint("standard", __name__, url_prefix="/standard")

    routes.before_request(partial(_misbehave, shop, stopping))

    @routes.get("/orders")
    def orders() -> Response:
        _check_token(shop)
        since = dt.datetime.fromisoformat(request.args["updated_since"])
        with shop.lock:
            found = sorted(
                (dt.datetime.fromisoformat(order["updated_at"]), order["id"]) for order in shop.orders.values()
            )
        found = [each for each in found if each[0] >= since]
        start = int(request.args.get("page", "0"))
        listed = [{"id": order_id, "updated_at": at.isoformat()} for at, order_id in found[start : start + PAGE]]
        return jsonify(orders=listed, next=str(start + PAGE) if len(found) > start + PAGE else None)

    @routes.get("/orders/<path:order_id>")
    def order(order_id: str) -> Response:
        _check_token(shop)
        with shop.lock:
            found = shop.order(order_id)
            return jsonify({**found, "id": "another"} if shop.behaviour.get("lies") else found)

    @routes.post("/news")
    def news() -> Response:
        body, given = request.get_data(), request.headers
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        message_id, sent, signatures = (given.get(name, "") for name in names)
        why = refusal(shop.config.signing_secret, message_id, sent, signatures, body, shop.now().timestamp())
        if why:
            shop.refused.append(why)
            return Response(why, status=400)
        shop.take_note(message_id, json.loads(body))
        return Response(status=500 if shop.behaviour.spend("lost_answers") else 204)

    _controls(routes, shop)
    return routes


def _misbehave(shop: StandardShop, stopping: threading.Event) -> Response | None:
    if "/api/" in request.path:
        return None
    stopping.wait(shop.behaviour.get("slow"))
    if shop.behaviour.get("down"):
        return Response(status=503)
    if shop.behaviour.spend("throttled"):
        return Response(status=429, headers={"Retry-After": "1"})
    if shop.behaviour.get("refuses_us"):
        return Response(status=401)
    if shop.behaviour.get("redirects"):
        return Response(status=302, headers={"Location": "/standard/elsewhere"})
    return None


def _controls(routes: Blueprint, shop: StandardShop) -> None:
    @routes.post("/api/orders")
    def place() -> Response:
        return jsonify(shop.place(request.get_json()))

    @routes.post("/api/orders/<path:order_id>/change")
    def change(order_id: str) -> Response:
        wanted: dict[str, Any] = request.get_json()
        if wanted.pop("cancel", False):
            shop.cancel(order_id)
        else:
            shop.change(order_id, **wanted)
        return jsonify(ok=True)

    @routes.get("/api/ledger")
    def ledger() -> Response:
        return jsonify(told=shop.told, refused=shop.refused, sent=shop.sent)

    @routes.route("/api/behaviour", methods=["GET", "POST"])
    def behaviour() -> Response:
        wanted = request.get_json() if request.method == "POST" else {}
        return jsonify(shop.behaviour.change(wanted))


def _check_token(shop: StandardShop) -> None:
    if request.headers.get("Authorization") != f"Bearer {shop.config.access_token}":
        raise Refused("unauthorized", "This is not our token.", 401)
