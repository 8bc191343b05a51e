"""What a shop is told: a private note for its people, hidden meta data for us, and the order's status at the end.

Nothing here has an idempotency key, so we look before each deed and after one whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure
from bopis.ports import Account, Line
from integrations.woocommerce import schemas
from integrations.woocommerce.client import RestClient
from integrations.woocommerce.orders import read_order, read_refunds
from integrations.woocommerce.translate import MARK, OVER, STEPS, step_of, units_of

_WORDS = {"ready": "The goods are in the locker, ready for pickup.", "collected": "The shopper has the goods."}


def mark(client: RestClient, account: Account, unit_id: str, step: str) -> None:
    """Write `ready` or `collected` of one package. Raises the three."""
    order = _order(client, account, unit_id)
    package_id = unit_id.partition("-")[2]
    if order["status"] == "completed" and step == "ready":
        return  # its people handed it over themselves
    if step_of(order, package_id) in STEPS[STEPS.index(step) :]:
        return
    _note(client, account, order["id"], f"{_WORDS[step]} [{unit_id}]")
    body: dict[str, Any] = {"meta_data": [{"key": MARK + package_id, "value": step}]}
    status = _status_after(order, package_id, step, account.settings)
    if status:
        body["status"] = status
    client.put(account, f"orders/{order['id']}", body)


def give_back(client: RestClient, account: Account, unit_id: str, key: str) -> None:
    """Put what is left of a package back into stock: a refund of its lines without any money. Raises the three."""
    try:
        order = _order(client, account, unit_id)
    except PermanentFailure as problem:
        if problem.code in ("unit_cancelled", "unit_not_found"):
            return  # its own cancelling restocked it
        raise
    refunds = read_refunds(client, account, order)
    if not _is_given_back(refunds, key):
        lines = next((unit.lines for unit in units_of(order, refunds) if unit.unit_id == unit_id), ())
        if not lines or order["status"] == "completed":
            return
        _refund(client, account, order, lines, key)
    package_id = unit_id.partition("-")[2]
    if step_of(order, package_id) != "returned":
        client.put(account, f"orders/{order['id']}", {"meta_data": [{"key": MARK + package_id, "value": "returned"}]})


def _refund(client: RestClient, account: Account, order: Mapping[str, Any], lines: Sequence[Line], key: str) -> None:
    wanted = {
        "amount": "0",
        "reason": f"Not collected [{key}]",
        "api_refund": False,
        "api_restock": True,
        # A line without its total makes PHP write a warning before the answer.
        "line_items": [{"id": int(line.line_id), "quantity": line.quantity, "refund_total": 0} for line in lines],
    }
    try:
        client.post(account, f"orders/{order['id']}/refunds", wanted)
    except OutcomeUnknown:
        if not _looks_given_back(client, account, order, key):
            raise


def _order(client: RestClient, account: Account, unit_id: str) -> dict[str, Any]:
    order_id, _, package_id = unit_id.partition("-")
    order = read_order(client, account, order_id)
    if order is None or not any(package["id"] == package_id for package in order["shipping_lines"]):
        raise PermanentFailure("unit_not_found", "the shop has no such order, or its way of delivery was removed")
    if order["status"] in OVER:
        raise PermanentFailure("unit_cancelled", "the order was cancelled")
    return order


def _status_after(order: Mapping[str, Any], package_id: str, step: str, settings: Mapping[str, str]) -> str:
    """The status the order gets, "" to leave it: an order is complete when every package of it was handed over."""
    if order["status"] == "completed":
        return ""
    if step == "ready":
        return settings.get("ready_status", "")
    others = [package["id"] for package in order["shipping_lines"] if package["id"] != package_id]
    return "completed" if all(step_of(order, other) in ("collected", "returned") for other in others) else ""


def _note(client: RestClient, account: Account, order_id: str, text: str) -> None:
    """Write a private note unless it stands there; a customer's one would be e-mailed to the shopper."""
    if _is_noted(client, account, order_id, text):
        return
    try:
        client.post(account, f"orders/{order_id}/notes", {"note": text, "customer_note": False})
    except OutcomeUnknown:
        if not _looks_noted(client, account, order_id, text):
            raise


def _is_noted(client: RestClient, account: Account, order_id: str, text: str) -> bool:
    notes = client.get(account, f"orders/{order_id}/notes")
    if not isinstance(notes, list):
        raise PermanentFailure("unexpected_answer", "the shop's notes are not a list")
    return any(text in schemas.read(schemas.Note(), each, "note")["note"] for each in notes)


def _looks_noted(client: RestClient, account: Account, order_id: str, text: str) -> bool:
    """Whether a look now shows it; a look that fails shows nothing."""
    try:
        return _is_noted(client, account, order_id, text)
    except EffectError:
        return False


def _is_given_back(refunds: list[dict[str, Any]], key: str) -> bool:
    return any(key in (refund["reason"] or "") for refund in refunds)


def _looks_given_back(client: RestClient, account: Account, order: Mapping[str, Any], key: str) -> bool:
    try:
        return _is_given_back(read_refunds(client, account, {**order, "refunds": [key]}), key)
    except EffectError:
        return False
