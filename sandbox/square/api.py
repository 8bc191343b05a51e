"""/square/v2/…: what our client talks to, and what every call must bring."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from flask import Blueprint, Response, request

from sandbox.square import changes
from sandbox.square.changes import Refusal
from sandbox.square.searching import search
from sandbox.square.state import ACCESS_TOKEN, Seller
from sandbox.square.world import CATALOGUE, catalog_id

MOST_OBJECTS = 1000


def square_blueprint(seller: Seller, stopping: threading.Event) -> Blueprint:
    """The API of one seller; `stopping` ends answers that were told to be slow."""
    blueprint = Blueprint("square", __name__, url_prefix="/square")

    @blueprint.route("/v2/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def call(path: str) -> Response:
        stopping.wait(seller.behaviour.get("slow"))
        try:
            _let_in(seller)
            with seller.world.lock:
                found = _answer(seller, request.method, path.split("/"))
                is_change = request.method == "PUT" or path.startswith("inventory/")
                if is_change and seller.behaviour.spend("lost_answers"):
                    raise Refusal(504, "GATEWAY_TIMEOUT", "")
        except Refusal as refusal:
            error = {"category": refusal.category, "code": refusal.code, "detail": str(refusal)}
            return _json({"errors": [error]}, refusal.status)
        if seller.behaviour.spend("garbled"):
            return Response("<html>One moment, please</html>", 200, mimetype="text/html")
        return _json(found, 200)

    return blueprint


def _let_in(seller: Seller) -> None:
    behaviour = seller.behaviour
    if behaviour.get("down"):
        raise Refusal(503, "SERVICE_UNAVAILABLE", "")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if behaviour.get("token_revoked") or token != ACCESS_TOKEN:
        raise Refusal(401, "UNAUTHORIZED", "This request could not be authorized.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", request.headers.get("Square-Version", "")):
        raise Refusal(400, "INVALID_SQUARE_VERSION_FORMAT", "")
    if request.method != "GET" and request.mimetype != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "")
    if behaviour.spend("throttled"):
        raise Refusal(429, "RATE_LIMITED", "")


def _answer(seller: Seller, method: str, path: list[str]) -> Any:
    match method, path:
        case "GET", ["locations"]:
            return {"locations": [_location(*each) for each in seller.names.items()]}
        case "POST", ["orders", "search"]:
            return search(seller, _sent())
        case "GET", ["orders", order_id]:
            return {"order": changes.existing(seller, order_id)}
        case "PUT", ["orders", order_id]:
            return changes.update_order(seller, order_id, _sent())
        case "POST", ["catalog", "batch-retrieve"]:
            return _objects(_sent())
        case "POST", ["inventory", "changes", "batch-create"]:
            return changes.change_stock(seller, _sent())
        case _, ["webhooks", "subscriptions", *rest]:
            return changes.subscriptions(seller, method, rest, _sent() if method != "GET" else None)
    raise Refusal(404, "NOT_FOUND", "Resource not found.")


def _location(location_id: str, name: str) -> dict[str, Any]:
    return {"id": location_id, "name": name, "status": "ACTIVE", "country": "US", "currency": "USD"}


def _objects(wanted: Any) -> dict[str, Any]:
    """What is not there is left out, and so is the list when it is empty."""
    ids = wanted.get("object_ids") if isinstance(wanted, dict) else None
    if not isinstance(ids, list) or len(ids) > MOST_OBJECTS:
        raise Refusal(400, "VALUE_TOO_LONG", "object_ids")
    known = {catalog_id(sku): sku for sku in CATALOGUE}
    found = [
        {"id": each, "type": "ITEM_VARIATION", "item_variation_data": {"sku": known[each], "name": "Regular"}}
        for each in ids
        if each in known
    ]
    return {"objects": found} if found else {}


def _sent() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refusal(400, "BAD_REQUEST", "The body is not JSON.") from None


def _json(payload: Any, status: int) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")
