"""What the operator's pages share: their table of permissions, page by page lists, versions, and how a deed ends."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from flask import jsonify, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis.errors import Invalid
from bopis.staff.models import StaffMember
from bopis.stores.models import Store
from bopis.stores.times import in_store
from bopis.web.associate.guard import staff, wants_page

NEEDS = {
    "ops.home": "oversee",
    "ops.home_state": "oversee",
    "ops.settle": "settle_anywhere",
    "ops.pickups": "oversee",
    "ops.find": "oversee",
    "ops.pickup": "oversee",
    "ops.pickup_state": "oversee",
    "ops.taken_out": "settle_anywhere",
    "ops.collected_after_all": "settle_anywhere",
    "ops.connections": "oversee",
    "ops.connection": "oversee",
    "ops.new_connection": "connect",
    "ops.make_connection": "connect",
    "ops.set_secrets": "connect",
    "ops.map_place": "connect",
    "ops.ask_places": "connect",
    "ops.send_test": "connect",
    "ops.connection_state": "oversee",
    "ops.ask_again": "connect",
    "ops.order_file": "connect",
    "ops.drop_orders": "connect",
    "ops.set_addresses": "connect",
    **{f"ops.webhook_{deed}": "connect" for deed in ("events", "test", "on", "off", "again", "remove")},
    **dict.fromkeys(("ops.webhooks", "ops.add_webhook", "ops.renew_webhook_secret"), "connect"),
    "ops.banks": "oversee",
    "ops.bank": "oversee",
    "ops.bank_state": "oversee",
    "ops.close_door": "close_door",
    "ops.door_features": "set_up_bank",
    "ops.reopen_door": "repair_door",
    "ops.end_quarantine": "end_quarantine",
    "ops.set_boards": "set_up_bank",
    "ops.set_knobs": "set_up_bank",
    "ops.set_offline_hours": "set_up_bank",
    "ops.enrolment_code": "enrol_bridge",
    "ops.revoke_bridge": "revoke_bridge",
    "ops.bridge_stolen": "revoke_bridge",
    "ops.new_bridge_key": "revoke_bridge",
    "ops.money": "oversee",
    "ops.payment": "oversee",
    "ops.evidence": "oversee",
    "ops.capture_payment": "move_money",
    "ops.release_payment": "move_money",
    "ops.refund_payment": "move_money",
    "ops.payment_settled": "move_money",
    "ops.set_policy": "connect",
    "ops.set_pay_here": "connect",
    "ops.set_storage_fee": "connect",
    "ops.audit": "oversee",
    "ops.items": "oversee",
    **dict.fromkeys(("ops.api_keys", "ops.make_api_key", "ops.revoke_api_key"), "connect"),
    "ops.hold_rules": "oversee",
    "ops.set_hold_rules": "set_up_bank",
    "ops.set_store_hours": "set_up_bank",
    "ops.keep_longer": "settle_anywhere",
    "ops.deliveries": "oversee",
    "ops.effects": "oversee",
    "ops.replay_delivery": "replay",
    "ops.replay_effect": "replay",
    "ops.replay_all": "replay",
}
"""Endpoint → what it takes, as `staff.permissions` names it."""
_SETTING = ("ops.set_boards", "ops.set_knobs", "ops.set_offline_hours")
_SECTIONS = {
    "ops.home": ("ops.home", "ops.settle"),
    "ops.pickups": ("ops.pickups", "ops.find", "ops.pickup", "ops.taken_out", "ops.collected_after_all"),
    "ops.banks": (
        "ops.banks",
        "ops.bank",
        "ops.enrolment_code",
        "ops.bridge_stolen",
        *_SETTING,
        "ops.audit",
        "ops.items",
        "ops.hold_rules",
        "ops.set_hold_rules",
        "ops.set_store_hours",
    ),
    "ops.money": (
        *("ops.money", "ops.payment", "ops.capture_payment", "ops.release_payment", "ops.refund_payment"),
        *("ops.payment_settled", "ops.set_policy", "ops.set_pay_here", "ops.set_storage_fee"),
    ),
    "ops.deliveries": ("ops.deliveries",),
    "ops.effects": ("ops.effects",),
    "ops.connections": (
        *("ops.connections", "ops.connection", "ops.new_connection", "ops.make_connection", "ops.set_secrets"),
        *("ops.map_place", "ops.ask_places", "ops.send_test"),
        *("ops.webhooks", "ops.add_webhook", "ops.renew_webhook_secret", "ops.order_file", "ops.drop_orders"),
        "ops.set_addresses",
        *("ops.api_keys", "ops.make_api_key"),
    ),
}
"""Entry of the menu → the endpoints whose pages belong to it."""
NOT_A_PERSON = frozenset({"ops.home_state", "ops.pickup_state", "ops.bank_state", "ops.connection_state"})
ROWS = 50
"""Of one page of a list."""
_LONGEST_ID = 36


class _HasId(Protocol):
    id: Any


Row = TypeVar("Row", bound=_HasId)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list; `after` is the key the next one starts behind, empty on the last."""

    rows: Sequence[Row]
    after: str


def page_of(found: Sequence[Row]) -> Page[Row]:
    """A page from one row more than it holds."""
    rows = found[:ROWS]
    return Page(rows, rows[-1].id if len(found) > ROWS else "")


def after() -> str:
    """The key this page starts behind, from the address; empty for the first page."""
    return request.args.get("after", "")[:_LONGEST_ID]


def chosen(name: str, among: Sequence[str], otherwise: str) -> str:
    """A filter from the address. Raises Invalid when it is none of those there are."""
    value = request.args.get(name) or otherwise
    if value not in among:
        raise Invalid("bad_filter", "There is no such choice in this list. Open it again from the menu.")
    return value


def me() -> StaffMember:
    """Whoever asks."""
    return staff().staff


def actor() -> str:
    """Whoever asks, as the timeline names them."""
    return f"staff:{staff().staff_id}"


def stores(session: Session) -> list[Store]:
    """The stores of whoever asks, by name."""
    return list(session.scalars(select(Store).where(Store.merchant_id == me().merchant_id).order_by(Store.name)))


def versioned(body: dict[str, Any]) -> dict[str, Any]:
    """For JSON: `version` changes with anything in it."""
    written = json.dumps(body, sort_keys=True, default=str)
    return {**body, "version": hashlib.sha256(written.encode()).hexdigest()[:16]}


def done(endpoint: str, **values: str) -> BaseResponse:
    """How a deed ends: back to its page, or a plain yes for a program."""
    return redirect(url_for(endpoint, **values), 303) if wants_page() else jsonify(ok=True)


def ago(then: dt.datetime, now: dt.datetime) -> str:
    """`just now`, `4 min`, `3 h`, `2 days`."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 door`, `2 doors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def tried(attempts: int) -> str:
    """`not tried yet`, `1 attempt`, `2 attempts`."""
    return plural(attempts, "attempt") if attempts else "not tried yet"


def helpers() -> dict[str, object]:
    """What the templates may call beside what the guard gives them."""
    return {"plural": plural, "time_in": in_store, "section": _SECTIONS, "tried": tried}
