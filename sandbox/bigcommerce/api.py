"""/bigcommerce/stores/<hash>/…: what our client talks to, and what every call must bring."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import Any

from flask import Blueprint, Response, request

from sandbox.bigcommerce import fulfilment, objects
from sandbox.bigcommerce.hooks import Hook, NotAllowed
from sandbox.bigcommerce.state import ACCESS_TOKEN, STORE_HASH, Store
from sandbox.bigcommerce.world import STATUSES, Order

QUOTA = 150
MOST_A_PAGE = 250


class Refusal(Exception):
    """An answer that is none: a status, and words as V2 or V3 write them."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def bigcommerce_blueprint(store: Store, stopping: threading.Event) -> Blueprint:
    """The API of one store; `stopping` ends answers that were told to be slow."""
    blueprint = Blueprint("bigcommerce", __name__, url_prefix="/bigcommerce")

    @blueprint.route("/stores/<store_hash>/<version>/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def call(store_hash: str, version: str, path: str) -> Response:
        stopping.wait(store.behaviour.get("slow"))
        try:
            _let_in(store, store_hash)
            with store.world.lock:
                found = _answer(store, request.method, version, path.split("/"))
        except Refusal as refusal:
            return _refused(store, version, refusal)
        if store.behaviour.spend("garbled"):
            return Response("<html>One moment, please</html>", 200, mimetype="text/html")
        if request.method != "GET" and store.behaviour.spend("lost_answers"):
            return _refused(store, version, Refusal(504, "Gateway Timeout"))
        return Response(status=204) if found is None else _json(found, 200)

    return blueprint


def _let_in(store: Store, store_hash: str) -> None:
    behaviour = store.behaviour
    if behaviour.get("down"):
        raise Refusal(503, "Service Unavailable")
    if behaviour.get("token_revoked") or request.headers.get("X-Auth-Token") != ACCESS_TOKEN:
        raise Refusal(401, "The client is missing authentication or is not authorized.")
    if behaviour.get("store_gone") or store_hash != STORE_HASH:
        raise Refusal(404, "The requested resource was not found.")
    if "application/json" not in request.headers.get("Accept", ""):
        raise Refusal(406, "Not Acceptable")
    if request.method != "GET" and request.mimetype != "application/json":
        raise Refusal(415, "Unsupported Media Type")
    if behaviour.spend("throttled"):
        raise Refusal(429, "Too Many Requests")


def _answer(store: Store, method: str, version: str, path: list[str]) -> Any:
    if version == "v2":
        return _answer_v2(store, method, path)
    match method, path:
        case "GET", ["orders", order_id, "payment_actions", "refunds"] if version == "v3":
            return {"data": _order(store, order_id).refunds, "meta": {}}
        case "GET", ["inventory", "locations"] if version == "v3":
            return {"data": _page(store, [_location(*each) for each in store.names.items()]), "meta": {}}
        case _, ["orders", "pickups"] if version == "v3":
            return _pickups(store, method)
        case _, ["hooks", *rest] if version == "v3":
            return _hooks(store, method, rest)
    raise Refusal(404, "The requested resource was not found.")


def _answer_v2(store: Store, method: str, path: list[str]) -> Any:
    """V2 answers 204 where a list is empty."""
    match method, path:
        case "GET", ["store"]:
            return objects.STORE
        case "GET", ["orders"]:
            return _orders(store) or None
        case "GET", ["orders", order_id]:
            return objects.order(_order(store, order_id), _base())
        case "PUT", ["orders", order_id]:
            return _change(store, _order(store, order_id))
        case "GET", ["orders", order_id, "consignments"]:
            return objects.consignments(_order(store, order_id), store.names, _base())
        case "GET", ["orders", order_id, "products"]:
            order = _order(store, order_id)
            return _page(store, [objects.product(each, order) for each in order.products]) or None
    raise Refusal(404, "The requested resource was not found.")


def _order(store: Store, order_id: str) -> Order:
    order = store.world.orders.get(int(order_id)) if order_id.isdigit() else None
    if order is None:
        raise Refusal(404, "The requested resource was not found.")
    return order


def _orders(store: Store) -> list[dict[str, Any]]:
    """Archived ones are not listed."""
    if request.args.get("sort", "id:asc") not in ("date_modified:asc", "id:asc"):
        raise Refusal(400, "The field 'sort' is invalid.")
    found = [order for order in store.world.orders.values() if not order.is_deleted]
    if "min_date_modified" in request.args:
        try:
            since = dt.datetime.fromisoformat(request.args["min_date_modified"])
        except ValueError:
            raise Refusal(400, "The field 'min_date_modified' is invalid.") from None
        found = [order for order in found if order.modified_at >= since]
    if request.args.get("sort") == "date_modified:asc":
        found.sort(key=lambda order: (order.modified_at, order.order_id))
    return _page(store, [objects.order(order, _base()) for order in found])


def _page(store: Store, rows: list[Any]) -> list[Any]:
    try:
        page, limit = int(request.args.get("page", 1)), int(request.args.get("limit", 50))
    except ValueError:
        raise Refusal(400, "The field 'page' or 'limit' is invalid.") from None
    if limit > MOST_A_PAGE:
        raise Refusal(413, "Request Entity Too Large")
    limit = min(limit, 50) if store.behaviour.get("short_pages") else limit
    return rows[(page - 1) * limit : page * limit]


def _change(store: Store, order: Order) -> dict[str, Any]:
    """Only a change of status, the one an app like ours makes."""
    wanted = _sent()
    if not isinstance(wanted, dict) or wanted.keys() != {"status_id"} or wanted["status_id"] not in STATUSES:
        raise Refusal(400, "The field 'status_id' is invalid.")
    store.record("status", order.order_id, wanted["status_id"])
    store.world.set_status(order, wanted["status_id"])
    return objects.order(order, _base())


def _pickups(store: Store, method: str) -> dict[str, Any]:
    if store.behaviour.get("no_fulfillment_scope"):
        raise Refusal(403, "You don't have a required scope to access the endpoint")
    try:
        if method == "GET":
            found = fulfilment.listed(store, request.args.get("order_id:in", ""))
        elif method == "POST":
            found = fulfilment.make(store, _sent())
        else:
            found = fulfilment.update(store, _sent())
    except fulfilment.Invalid as invalid:
        raise Refusal(422, str(invalid)) from None
    return {"data": [objects.record(each) for each in found], "meta": {}}


def _hooks(store: Store, method: str, rest: list[str]) -> dict[str, Any]:
    hooks = store.hooks
    if method == "GET" and not rest:
        rows = _page(store, [_hook(hook) for hook in hooks.all.values()])
        pages = max(1, -(-len(hooks.all) // int(request.args.get("limit", 50))))
        return {"data": rows, "meta": {"pagination": {"total": len(hooks.all), "total_pages": pages}}}
    try:
        if method == "POST" and not rest:
            return {"data": _hook(hooks.add(_sent())), "meta": {}}
        hook = hooks.all.get(int(rest[0])) if len(rest) == 1 and rest[0].isdigit() else None
        if method != "PUT" or hook is None:
            raise Refusal(404, "The requested resource was not found.")
        wanted = _sent()
        hooks.check(wanted)
    except NotAllowed as refused:
        raise Refusal(422, str(refused)) from None
    hook.scope, hook.destination, hook.is_active = wanted["scope"], wanted["destination"], wanted["is_active"]
    return {"data": _hook(hook), "meta": {}}


def _hook(hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.hook_id,
        "client_id": "client of the pretend store",
        "store_hash": STORE_HASH,
        "scope": hook.scope,
        "destination": hook.destination,
        "headers": None,
        "is_active": hook.is_active,
        "created_at": hook.at,
        "updated_at": hook.at,
    }


def _location(location_id: str, name: str) -> dict[str, Any]:
    return {
        "id": int(location_id),
        "code": f"LOCATION-{location_id}",
        "label": name,
        "type_id": "PHYSICAL",
        "enabled": True,
        "managed_by_external_source": False,
    }


def _sent() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refusal(400, "Input is invalid.") from None


def _base() -> str:
    return f"{request.host_url}bigcommerce/stores/{STORE_HASH}"


def _refused(store: Store, version: str, refusal: Refusal) -> Response:
    status, words = refusal.status, str(refusal)
    if version == "v2":
        response = _json([{"status": status, "message": words}], status)
    else:
        response = _json({"status": status, "title": words, "type": "https://example.com/status-codes"}, status)
    if status == 429:
        response.headers["X-Rate-Limit-Requests-Left"] = "0"
        response.headers["X-Rate-Limit-Time-Reset-Ms"] = str(store.behaviour.get("quota_ms"))
    return response


def _json(payload: Any, status: int) -> Response:
    response = Response(json.dumps(payload), status, mimetype="application/json")
    response.headers["X-Rate-Limit-Requests-Quota"] = response.headers["X-Rate-Limit-Requests-Left"] = str(QUOTA)
    response.headers["X-Rate-Limit-Time-Window-Ms"] = "30000"
    return response
