"""What may be changed through the API, with what the vendor refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.magento.events import ORDER_SAVED
from sandbox.magento.state import MagentoShop
from sandbox.magento.world import STATUSES

_COMMENT = {"comment", "status", "is_customer_notified", "is_visible_on_front"}
_SOURCE_ITEM = {"sku", "source_code", "quantity", "status"}


class Refusal(Exception):
    """An error: its status, the vendor's words with their places unfilled, and what fills them."""

    def __init__(self, status: int, words: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(words)
        self.status, self.more = status, dict(more or {})


def notify(shop: MagentoShop, wanted: Any) -> dict[str, Any]:
    """POST /V1/order/notify-orders-are-ready-for-pickup. Asked twice, it writes two mails; refusals are 200, too."""
    ids = wanted.get("orderIds") if isinstance(wanted, dict) and wanted.keys() == {"orderIds"} else None
    if not isinstance(ids, list) or not all(isinstance(each, int) for each in ids):
        raise Refusal(400, '"%fieldName" is required. Enter and try again.', {"parameters": {"fieldName": "orderIds"}})
    failed = []
    for order_id in ids:
        order = shop.world.orders.get(order_id)
        if order is not None and shop.world.notify(order, shop.behaviour.get("mails_wait")):
            shop.ledger.append(("notified", order_id, None))
        else:
            failed.append({"id": order_id, "message": "The order is not ready for pickup"})
    if failed:
        return {"successful": False, "failed": [each["id"] for each in failed], "errors": failed}
    return {"successful": True, "failed": []}


def comment(shop: MagentoShop, order: dict[str, Any], wanted: Any) -> bool:
    """POST /V1/orders/{id}/comments. What names no status takes the order's away."""
    given = wanted.get("statusHistory") if isinstance(wanted, dict) and wanted.keys() == {"statusHistory"} else None
    if not isinstance(given, dict) or not {"comment"} <= given.keys() <= _COMMENT or not given["comment"]:
        raise Refusal(
            400, '"%fieldName" is required. Enter and try again.', {"parameters": {"fieldName": "statusHistory"}}
        )
    status = given.get("status")
    if status is not None and status not in STATUSES[order["state"]]:
        raise Refusal(400, 'Unable to add comment: The status "%1" is not part of the order status history.')
    order["status_histories"].insert(
        0, {"comment": given["comment"], "status": status, "is_visible_on_front": given.get("is_visible_on_front", 0)}
    )
    order["status"] = status
    shop.ledger.append(("comment", order["entity_id"], given))
    shop.world.saved(order)
    return True


def set_stock(shop: MagentoShop, wanted: Any) -> list[Any]:
    """POST /V1/inventory/source-items: how many there are, whatever there were."""
    items = wanted.get("sourceItems") if isinstance(wanted, dict) else None
    if not isinstance(items, list) or not items:
        raise Refusal(400, "Input data is empty")
    for item in items:
        if not isinstance(item, dict) or item.keys() != _SOURCE_ITEM:
            raise Refusal(400, "Validation Failed")
        if (item["sku"], item["source_code"]) not in shop.world.stock or not item["quantity"] >= 0:
            raise Refusal(400, "Validation Failed")
    for item in items:
        shop.world.stock[item["sku"], item["source_code"]] = float(item["quantity"])
    shop.ledger.append(("stock", 0, items))
    return []


def subscribe(shop: MagentoShop, wanted: Any) -> list[Any]:
    """POST /V1/eventing/eventSubscribe."""
    event = wanted.get("event") if isinstance(wanted, dict) else None
    if not isinstance(event, dict) or event.get("name") != ORDER_SAVED or not event.get("fields"):
        raise Refusal(400, "Unable to subscribe to the event: fields and a known name are needed")
    if event["name"] in shop.events.subscribed:
        raise Refusal(400, "The event is already subscribed")
    shop.events.subscribed[event["name"]] = event
    return []
