"""Every shape in which a platform is known to tell something: proven, and led to the order it is about or to none.

The bodies are ours, in the shapes of what vendors publish and of what was captured from them.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bopis.ports import Account, Delivery
from integrations.bigcommerce import schemas as bigcommerce_schemas
from integrations.bigcommerce import webhooks as bigcommerce
from integrations.bigcommerce.orders import read as read_bigcommerce
from integrations.magento import schemas as magento_schemas
from integrations.magento import webhooks as magento
from integrations.shopify import webhooks as shopify
from integrations.square import webhooks as square
from integrations.woocommerce import schemas as woocommerce_schemas
from integrations.woocommerce import webhooks as woocommerce
from integrations.woocommerce.translate import order_snapshot
from sandbox.behaviour import Behaviour
from sandbox.later import Later
from sandbox.magento.events import Events, public_pem
from sandbox.magento.state import BEHAVIOUR

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
GID = "gid://shopify"


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def account(vendor: str, name: str, **settings: str) -> Account:
    secrets = dict.fromkeys(("client_secret", "webhook_secret", "signature_key"), "secret of the tests")
    return Account("c1", vendor, name, secrets, settings)


def unit_news(number: int) -> dict[str, Any]:
    return {"fulfillment_order": {"id": f"{GID}/FulfillmentOrder/{number}", "status": "open"}}


SHOPIFY = [
    ("orders/paid", {"id": 82, "admin_graphql_api_id": f"{GID}/Order/82", "line_items": []}, "order 82"),
    ("orders/updated", {"id": 82, "admin_graphql_api_id": f"{GID}/Order/82"}, "order 82"),
    ("orders/fulfilled", {"id": 82, "admin_graphql_api_id": f"{GID}/Order/82"}, "order 82"),
    ("orders/delete", {"id": 82}, "order 82"),
    ("order_transactions/create", {"id": 7, "order_id": 82, "kind": "sale", "amount": "1.00"}, "order 82"),
    ("fulfillments/create", {"id": 9, "order_id": 82, "status": "success", "line_items": []}, "order 82"),
    ("fulfillment_orders/cancelled", {**unit_news(1), "replacement_fulfillment_order": None}, "unit 1"),
    ("fulfillment_orders/hold_released", unit_news(1), "unit 1"),
    ("fulfillment_orders/line_items_prepared_for_pickup", unit_news(1), "unit 1"),
    ("fulfillment_orders/order_routing_complete", unit_news(1), "unit 1"),
    ("fulfillment_orders/placed_on_hold", {**unit_news(1), "remaining_fulfillment_order": None}, "unit 1"),
    ("fulfillment_orders/rescheduled", unit_news(1), "unit 1"),
    ("locations/update", {"id": 5, "name": "High Street", "active": True}, "no order"),
]


@pytest.mark.parametrize(("topic", "body", "about"), SHOPIFY, ids=[row[0] for row in SHOPIFY])
def test_shopify(topic: str, body: dict[str, Any], about: str) -> None:
    shop = account("shopify", "example.myshopify.com")
    headers = {**shopify.signed(raw(body), shop), "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": "w1"}
    delivery = shopify.verify(headers, raw(body), shop)

    assert shopify.account_news(delivery.topic, raw(body), shop.name) is None
    order = shopify.order_of(delivery.topic, raw(body))
    unit = shopify.unit_of(delivery.topic, raw(body)) if order is None else None
    assert (f"order {order}" if order else f"unit {unit}" if unit else "no order") == about


def bigcommerce_news(scope: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "scope": scope,
        "store_id": "1025646",
        "data": data,
        "hash": "0" * 40,
        "created_at": 1,
        "producer": "stores/s1",
    }


BIGCOMMERCE = [
    *(
        (f"store/order/{what}", {"type": "order", "id": 250}, "250")
        for what in ("created", "updated", "archived", "statusUpdated")
    ),
    ("store/channel/1/order/updated", {"type": "order", "id": 250}, "250"),
    ("store/order/message/created", {"type": "order", "id": 250, "message": {"order_message_id": 3}}, "250"),
    ("store/order/refund/created", {"type": "order", "id": 250, "refund": {"refund_id": 3}}, "250"),
    ("store/order/transaction/created", {"type": "transaction", "id": "4", "order_id": "250"}, "250"),
    ("store/shipment/created", {"type": "shipment", "id": 12, "orderId": 250}, "250"),
    ("store/product/updated", {"type": "product", "id": 250}, None),
]


@pytest.mark.parametrize(("scope", "data", "about"), BIGCOMMERCE, ids=[row[0] for row in BIGCOMMERCE])
def test_bigcommerce(scope: str, data: dict[str, Any], about: str | None) -> None:
    store, body = account("bigcommerce", "s1"), raw(bigcommerce_news(scope, data))
    delivery = bigcommerce.verify(bigcommerce.signed(body, store, NOW), body, store)

    assert (delivery.topic, delivery.subject) == (scope, about or "")
    assert bigcommerce.order_of(body) == about


def test_a_consignment_of_bigcommerce_that_is_picked_up_says_where() -> None:
    place = {
        "id": 2,
        "name": "High Street",
        "code": "LOCATION-2",
        "address_line_1": "12 High Street",
        "city": "Fernhill",
    }
    line = {"url": "https://api.example.com/v2/orders/126/products/22", "resource": "/orders/126/products/22"}
    sent = {"pickups": [{"id": 13, "pickup_method_id": 2, "location": place, "line_items": [line]}]}
    (pickup,) = read_bigcommerce(bigcommerce_schemas.Consignments(), sent, "consignments")["pickups"]

    assert (pickup["id"], pickup["location"]["id"], pickup["location"]["name"]) == ("13", "2", "High Street")


SQUARE = {"order.created": "order_created", "order.updated": "order_updated"}
SQUARE |= {"order.fulfillment.updated": "order_fulfillment_updated"}


@pytest.mark.parametrize("topic", SQUARE)
def test_square(topic: str) -> None:
    inner = {
        "created_at": "2020-04-16T23:14:26.129Z",
        "location_id": "L1",
        "order_id": "O1",
        "state": "OPEN",
        "version": 2,
    }
    data = {"type": SQUARE[topic], "id": "O1", "object": {SQUARE[topic]: inner}}
    body = raw({"merchant_id": "M1", "type": topic, "event_id": "e1", "created_at": inner["created_at"], "data": data})
    seller, url = account("square", "M1"), "https://pickup.example.com/webhooks/square/c1"
    delivery = square.verify(square.signed(body, seller, url), body, seller, url)

    assert (delivery.topic, delivery.subject, square.order_of(body)) == (topic, "O1", "O1")


def woocommerce_order(status: str, **line: Any) -> dict[str, Any]:
    who = {"first_name": "Robin", "country": "US", "phone": "(201) 555-0123", "email": "robin@example.com"}
    shipping = {"id": 317, "method_title": "Flat Rate", "method_id": "flat_rate", "total": "10.00", "taxes": [], **line}
    goods = {"id": 315, "name": "Mug", "product_id": 93, "variation_id": 0, "quantity": 2, "total": "6.00", "sku": ""}
    return {
        "id": 727,
        "number": "727",
        "status": status,
        "currency": "USD",
        "date_created_gmt": "2026-11-22T09:00:00",
        "date_modified_gmt": "2026-11-22T09:00:00",
        "date_paid_gmt": "2026-11-22T09:00:00",
        "total": "16.00",
        "billing": who,
        "shipping": who,
        "line_items": [goods],
        "shipping_lines": [shipping],
        "refunds": [],
        "meta_data": [{"id": 1, "key": "_download_permissions_granted", "value": "yes"}],
    }


@pytest.mark.parametrize("status", ["processing", "completed"])
@pytest.mark.parametrize(
    ("line", "is_pickup"),
    [
        ({}, False),
        ({"method_id": "local_pickup", "instance_id": "4", "method_title": "High Street"}, True),
        (
            {
                "method_id": "pickup_location",
                "instance_id": "0",
                "meta_data": [{"id": 1, "key": "pickup_location", "value": "High Street"}],
            },
            True,
        ),
    ],
    ids=["flat_rate", "local_pickup", "pickup_location"],
)
def test_woocommerce(status: str, line: dict[str, Any], is_pickup: bool) -> None:
    order = woocommerce_order(status, **line)
    delivery = _told_by_woocommerce("order.updated", order)
    assert woocommerce.order_of(delivery.topic, raw(order)) == "727"
    snapshot = order_snapshot(woocommerce_schemas.read(woocommerce_schemas.Order(), order, "order"))

    assert [(unit.is_pickup, unit.status) for unit in snapshot.units] == [
        (is_pickup, "open" if status == "processing" else "closed")
    ]
    assert snapshot.paid and (not is_pickup or snapshot.units[0].location.name == "High Street")


def test_woocommerce_of_a_product() -> None:
    delivery = _told_by_woocommerce("product.updated", {"id": 93, "name": "Mug"})
    assert woocommerce.order_of(delivery.topic, raw({"id": 93, "name": "Mug"})) is None


def _told_by_woocommerce(topic: str, body: dict[str, Any]) -> Delivery:
    shop = account("woocommerce", "shop.example.com")
    headers = {**woocommerce.signed(raw(body), shop), "X-WC-Webhook-Topic": topic}
    return woocommerce.verify(headers, raw(body), shop)


def test_adobe_commerce() -> None:
    later = Later("shapes", threads=1)
    try:
        events = Events("client", lambda: NOW, later, Behaviour(BEHAVIOUR))
        body = events.body({"entity_id": 81})
        keys: Any = lambda path: load_pem_public_key(public_pem(path))  # noqa: E731
        delivery = magento.verify(events.headers(body), body, account("magento", "m1", client_id="client"), keys)
    finally:
        later.stop()

    assert (delivery.subject, magento.order_of(body)) == ("81", "81")


def test_a_pickup_location_of_adobe_commerce_has_a_code_and_a_name() -> None:
    row = {
        "pickup_location_code": "fernhill",
        "name": "High Street",
        "country_id": "US",
        "latitude": 29.7,
        "region_id": 57,
    }
    rows = magento_schemas.read_items(magento_schemas.PickupLocation(), {"items": [row], "total_count": 1}, "locations")

    assert [(each["code"], each["name"]) for each in rows] == [("fernhill", "High Street")]
