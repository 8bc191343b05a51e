"""POST /admin/api/<version>/graphql.json: what our Shopify client talks to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from sandbox.shop import mutations, objects, refunds
from sandbox.shop.graphql.execute import Failed, cost_now, run
from sandbox.shop.graphql.parse import BadDocument, parse
from sandbox.shop.graphql.validate import error
from sandbox.shop.points import RESTORE_RATE, actual_cost
from sandbox.shop.state import Shop

SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")
BUCKET = 2000
_SINCE = re.compile(r"updated_at:>='?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)'?")


def admin_blueprint(shop: Shop, stopping: threading.Event) -> Blueprint:
    """The Admin API of one shop; `stopping` ends answers that were told to hang."""
    blueprint = Blueprint("shop_admin", __name__)

    @blueprint.post("/admin/api/<version>/graphql.json")
    def graphql(version: str) -> Response:
        return _graphql(shop, stopping, version)

    return blueprint


def _graphql(shop: Shop, stopping: threading.Event, version: str) -> Response:
    behaviour = shop.behaviour
    stopping.wait(behaviour.get("slow"))
    served = _served_version(version)
    if served is None:
        return _json({"errors": "Not Found"}, 404)
    if behaviour.get("down"):
        return _json({"errors": "Service Unavailable"}, 503)
    token = request.headers.get("X-Shopify-Access-Token", "")
    if behaviour.get("token_revoked") or not shop.tokens.is_good(token):
        message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        return _json({"errors": message}, 401)
    if request.mimetype != "application/json":
        return _json({"errors": "Unsupported Media Type"}, 415)
    document, variables, problem = _read()
    if problem:
        return _json({"errors": {"query": problem}}, 400)
    if behaviour.spend("throttled"):
        return _json(_throttled(420, 20))
    try:
        operation = parse(document)
    except BadDocument as bad:
        return _json({"errors": [error("parseError", str(bad))]})
    asked = cost_now(operation, variables)
    if not shop.points.pay(asked):
        return _json(_throttled(asked, shop.points.available()))
    payload, cost = run(operation, variables, _resolvers(shop))
    actual = min(actual_cost(payload.get("data")), asked)
    shop.points.pay(actual - asked)
    if operation.kind == "mutation" and behaviour.spend("lost_answers"):
        stopping.wait(behaviour.get("hang"))
        return _json({"errors": "Gateway Timeout"}, 504)
    return _answer(payload, (cost, actual, shop.points.available()), served)


def _served_version(version: str) -> str | None:
    """Removed versions fall forward to the oldest supported one; what never was is not found."""
    if version in SUPPORTED or version == "unstable":
        return version
    quarter = re.fullmatch(r"20\d\d-(01|04|07|10)", version)
    return SUPPORTED[0] if quarter and version < SUPPORTED[0] else None


def _read() -> tuple[str, Mapping[str, Any], str]:
    try:
        payload = json.loads(request.get_data())
        document, variables = payload["query"], payload.get("variables") or {}
        if isinstance(document, str) and isinstance(variables, dict):
            return document, variables, ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return "", {}, "Required parameter missing or invalid"


def _resolvers(shop: Shop) -> dict[str, Any]:
    def order(arguments: Mapping[str, Any]) -> Any:
        with shop.world.lock:
            found = shop.world.orders.get(_number("Order", arguments["id"]))
            return found and objects.order(found, shop.world, shop.names)

    def unit(arguments: Mapping[str, Any]) -> Any:
        with shop.world.lock:
            found = shop.world.unit(_number("FulfillmentOrder", arguments["id"]))
            return found and objects.unit(found, shop.world.orders[found.order_id], shop.names)

    def location(arguments: Mapping[str, Any]) -> Any:
        number = _number("Location", arguments["id"])
        return objects.location(number, shop.names) if number in shop.names else None

    def orders(arguments: Mapping[str, Any]) -> Any:
        """Only the search an app needs: by the time of change, oldest change first."""
        since = _SINCE.fullmatch(arguments.get("query") or "")
        if not since or getattr(arguments.get("sortKey"), "name", "") != "UPDATED_AT":
            raise Failed("BAD_REQUEST", "this shop answers updated_at:>='…' sorted by UPDATED_AT only")
        with shop.world.lock:
            found = sorted(shop.world.orders.values(), key=lambda each: (each.updated_at, each.order_id))
            seen = [objects.order(each, shop.world, shop.names) for each in found]
            return [each for each in seen if each["updatedAt"] >= since[1]]

    return {
        "order": order,
        "orders": orders,
        "webhookSubscriptions": lambda _: [objects.subscription(one) for one in shop.webhooks.subscriptions.all()],
        "webhookSubscriptionCreate": lambda given: mutations.webhook_subscription_create(shop, given),
        "fulfillmentOrder": unit,
        "location": location,
        "locations": lambda _: [objects.location(number, shop.names) for number in shop.names],
        "shop": lambda _: {
            "id": "gid://shopify/Shop/1",
            "name": shop.config.domain.partition(".")[0],
            "myshopifyDomain": shop.config.domain,
            "ianaTimezone": "America/New_York",
        },
        "fulfillmentOrderLineItemsPreparedForPickup": lambda given: mutations.prepared_for_pickup(shop, given),
        "fulfillmentCreate": lambda given: mutations.fulfillment_create(shop, given),
        "refundCreate": lambda given: refunds.refund_create(shop, given),
    }


def _number(kind: str, text: Any) -> str:
    found = re.fullmatch(r"gid://shopify/([A-Za-z]+)/(\d+)", str(text))
    if not found:
        raise Failed("argumentLiteralsIncompatible", f"Invalid global id '{text}'")
    if found[1] != kind:
        raise Failed("RESOURCE_NOT_FOUND", "invalid id")
    return found[2]


def _throttled(asked: int, available: float) -> dict[str, Any]:
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": _cost(asked, None, available)},
    }


def _answer(payload: dict[str, Any], cost: tuple[int, int, float], served: str) -> Response:
    if cost[0]:
        payload["extensions"] = {"cost": _cost(*cost)}
    response = _json(payload)
    response.headers["X-Shopify-API-Version"] = served
    return response


def _cost(requested: int, actual: int | None, available: float) -> dict[str, Any]:
    bucket = {"maximumAvailable": BUCKET, "currentlyAvailable": int(available), "restoreRate": RESTORE_RATE}
    return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": bucket}


def _json(payload: Any, status: int = 200) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")
