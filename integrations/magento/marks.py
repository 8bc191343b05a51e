"""What a shop is told. Nothing here has an idempotency key, so we look before each deed and after a lost answer.

A comment of ours comes before the notification, which makes the shipment and so completes a paid order: it tells such
an order from one that the shop's own people handed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account
from integrations.magento import schemas, stock
from integrations.magento.client import RestClient
from integrations.magento.orders import read_order
from integrations.magento.translate import COLLECTED, OVER, READY, RETURNED, is_notified, is_pickup, is_said

_NOTIFY = "order/notify-orders-are-ready-for-pickup"


def ready(client: RestClient, account: Account, unit_id: str) -> None:
    """Have the shop tell its shopper, once: it makes the shipment and writes the mail. Raises the three."""
    order = _order(client, account, unit_id)
    if is_said(order, COLLECTED) or is_said(order, RETURNED):
        return
    if not is_said(order, READY):
        if order["state"] == "complete":
            return  # its people handed it over themselves
        _say(client, account, order, f"The goods are in the locker. {READY}")
    if not is_notified(order):
        _notify(client, account, unit_id)


def collected(client: RestClient, account: Account, unit_id: str) -> None:
    """Write down that the shopper has the goods; the order gets the shop's own status for it. Raises the three."""
    order = _order(client, account, unit_id)
    if not is_said(order, COLLECTED):
        status = account.settings.get("collected_status", "")
        _say(client, account, order, f"The shopper has the goods. {COLLECTED}", status)


def returned(client: RestClient, account: Account, unit_id: str, key: str) -> None:
    """Put what was taken out of stock for a pickup back into it. Raises the three.

    First how many there will be is written down, then it is made so: a repeat makes the same once more.
    """
    order = read_order(client, account, unit_id)
    if order is None or order["state"] in OVER or is_said(order, RETURNED) or is_said(order, COLLECTED):
        return  # its own refund restocked it
    plan = stock.planned(order, key)
    if plan is None:
        plan = stock.plan(client, account, order)
        _say(client, account, order, stock.words(plan, key))
    stock.carry_out(client, account, order, plan)
    _say(client, account, order, f"Nobody collected the goods; they are in stock again. {RETURNED}")


def _order(client: RestClient, account: Account, unit_id: str) -> dict[str, Any]:
    order = read_order(client, account, unit_id)
    if order is None or not is_pickup(order):
        raise PermanentFailure("unit_not_found", "the shop has no such pickup")
    if order["state"] in OVER:
        raise PermanentFailure("unit_cancelled", "the order was cancelled or refunded")
    return order


def _notify(client: RestClient, account: Account, order_id: str) -> None:
    """Every call writes the shopper one more mail."""
    try:
        answer = client.post(account, _NOTIFY, {"orderIds": [int(order_id)]})
    except OutcomeUnknown:
        if not _looks_notified(client, account, order_id):
            raise
        return
    if not schemas.read(schemas.Notified(), answer, "notification")["is_done"]:
        raise PermanentFailure(
            "not_ready_for_pickup",
            "the shop refuses to notify: it does so after a partial refund, for bundles and for orders on hold",
        )


def _looks_notified(client: RestClient, account: Account, order_id: str) -> bool:
    """Whether a look now shows it; a look that fails shows nothing."""
    try:
        order = read_order(client, account, order_id)
    except EffectError:
        return False
    return order is not None and is_notified(order)


def _say(client: RestClient, account: Account, order: Mapping[str, Any], text: str, status: str = "") -> None:
    """A comment for the shop's people alone. Without a status the shop would take the order's away."""
    comment = {
        "comment": text,
        "status": status or order["status"],
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
    }
    try:
        client.post(account, f"orders/{order['id']}/comments", {"statusHistory": comment})
    except OutcomeUnknown:
        if not _looks_said(client, account, order["id"], text):
            raise


def _looks_said(client: RestClient, account: Account, order_id: str, text: str) -> bool:
    try:
        order = read_order(client, account, order_id)
    except EffectError:
        return False
    return order is not None and is_said(order, text)
