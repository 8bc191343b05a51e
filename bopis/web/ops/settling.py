"""The one button of each task: its words, and the deed behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from bopis import tasks
from bopis.errors import Conflict, Invalid
from bopis.inbox import InboxEntry
from bopis.lockers.actions import put_back_into_service
from bopis.lockers.models import Compartment
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups import by_hand, emptying, loading
from bopis.pickups.mapping import map_location
from bopis.pickups.models import Pickup
from bopis.pickups.reconcile import ask_now
from bopis.staff.models import StaffSession
from bopis.staff.permissions import may
from bopis.stores.models import Store
from bopis.stores.queries import lock
from bopis.tasks import Task
from bopis.web.associate.counter import SETTLED_BY_WORD

Replay = Callable[[Session, "InboxEntry | OutboxEntry", dt.datetime], None]
Deed = Callable[[Session, Task, StaffSession, dt.datetime], None]

URGENT = ("shopper_needs_help", "shopper_at_counter", "wiring_mismatch", "goods_exposed")
"""Somebody stands there and waits."""
MONEY = ("money_lapses", "money_unclear", "money_stuck", "money_disputed")
"""Tasks about a payment, settled on its page."""
_PAGES = {
    "set_new_pin": ("associate.people", "Choose a PIN", "look"),
    "endpoint_off": ("ops.webhooks", "See the address", "connect"),
}
"""Tasks settled on a page of their own: its endpoint, the words on the link, and what it takes to go there."""
_BUTTONS = {
    "no_phone": "Shopper reached",
    "text_failed": "Shopper reached",
    "platform_refused": "Put right",
    "shopper_needs_help": "Helped",
    "goods_gone": "Settled",
    "uncollected": "Settled",
    "not_loaded": "Found it",
    "door_disagrees": "Put right",
    "odd_event": "Looked at it",
    "look_after_bridge": "Seen to",
    "door_failed": "It works again",
    "sensor_suspect": "It works again",
    "goods_exposed": "Looked at it",
    "door_left_open": "It is shut",
    "delivery_failed": "Replay",
    "shopper_at_counter": "Handed over",
    "left_uncertain": "It is empty",
    "map_location": "This is it",
    "code_locked": "Unlock the code",
    "changed_after_loading": "It is right as it lies",
    "connection_failed": "Ask again",
    "data_request": "It is sent",
    "left_unpaid": "Settled",
    "mark_paid": "It is marked",
}
ABOUT_PICKUPS = frozenset(
    {
        *("no_phone", "text_failed", "platform_refused", "shopper_needs_help", "goods_gone", "left_uncertain"),
        *("goods_exposed", "uncollected", "not_loaded", "left_unpaid", "mark_paid"),
        *("reclaim", "shopper_at_counter", "map_location", "changed_after_loading", "code_locked"),
    }
)
"""Tasks whose subject is a pickup, if there is one of that id."""


@dataclass(frozen=True)
class Way:
    """Where a task's deed is done, when that is another page: its address, and the words on the link."""

    href: str
    words: str


def way(session: Session, task: Task, role: str) -> Way | None:
    """The page that leads to a task's deed, if this role may go there."""
    if task.kind in ("reclaim", "changed_after_loading"):
        return Way(url_for("ops.pickup", pickup_id=task.subject_id, _anchor="take-out"), "Take it out")
    if task.kind == "data_request" and may(role, "connect"):
        return Way(url_for("connect.what_is_held", order_id=task.subject_id), "Download")
    if task.kind == "reconnect" and may(role, "connect"):
        shop = session.get(Connection, task.subject_id)
        if shop is not None:
            return Way(url_for("connect.start", vendor=shop.vendor, shop=shop.account_name), "Connect again")
    if task.kind in MONEY:
        return Way(url_for("ops.payment", payment_id=task.subject_id), "See the payment")
    if task.kind == "bridge_cloned":
        return Way(url_for("ops.bank", bank_id=task.subject_id, _anchor="bridge"), "See the bridge")
    if task.kind in _PAGES:
        page, words, needed = _PAGES[task.kind]
        return Way(url_for(page), words) if may(role, needed) else None
    if task.kind in ("wiring_mismatch", "closed_for_service"):
        return Way(url_for("ops.bank", bank_id=task.subject_id), "See the lockers")
    if task.kind in ("reconnect", "connection_failed"):
        return Way(url_for("ops.connections"), "See the connection")
    return None


def button(kind: str) -> str:
    """The words on the button that settles a task; empty where it settles itself once the deed is done."""
    if kind in _BUTTONS:
        return _BUTTONS[kind]
    return "Done" if kind in SETTLED_BY_WORD else ""


def open_tasks(session: Session, merchant_id: str, subject_id: str | None = None) -> list[Task]:
    """A merchant's open tasks, where somebody waits first, then the oldest; of one subject if asked for."""
    urgency = case(dict.fromkeys(URGENT, 0), value=Task.kind, else_=1)
    statement = select(Task).where(Task.merchant_id == merchant_id, Task.settled_at.is_(None))
    if subject_id is not None:
        statement = statement.where(Task.subject_id == subject_id)
    return list(session.scalars(statement.order_by(urgency, Task.created_at, Task.id).limit(tasks.AT_MOST)))


def settle(
    session: Session, task: Task, by: StaffSession, now: dt.datetime, replay: Replay, store_id: str = ""
) -> None:
    """Do what the task's button says; `store_id` answers the one that asks for a store.

    Raises Conflict where a button would not be enough, Invalid when no such store was chosen.
    """
    if task.kind == "map_location":
        _this_store(session, task, store_id, now)
    elif task.kind == "delivery_failed":
        replay(session, session.get_one(InboxEntry, task.subject_id), now)
    elif task.kind in _DEEDS:
        _DEEDS[task.kind](session, task, by, now)
    elif task.kind not in SETTLED_BY_WORD:
        raise Conflict("not_by_word", "This ends by itself once it is done.")
    tasks.settle(session, task.kind, task.subject_id, actor=f"staff:{by.staff_id}", now=now)


def _this_store(session: Session, task: Task, store_id: str, now: dt.datetime) -> None:
    store = session.scalars(select(Store).where(Store.id == store_id, Store.merchant_id == task.merchant_id)).first()
    if store is None:
        raise Invalid("unknown_store", "Choose the store that this location is.")
    map_location(session, session.get_one(Pickup, task.subject_id), store, now)


def _works_again(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    put_back_into_service(session, session.get_one(Compartment, task.subject_id))


def _handed_over(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    loading.hand_over(session, _locked(session, task), by, now)


def _is_empty(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    emptying.confirm_empty(session, _locked(session, task), by, now)


def _locked(session: Session, task: Task) -> Pickup:
    assert task.store_id is not None
    lock(session, task.store_id)
    return session.get_one(Pickup, task.subject_id)


def _unlocked(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    loading.unlock_code(session, _locked(session, task), by, now)


def _right_as_it_lies(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    by_hand.right_as_it_lies(session, _locked(session, task), now, actor=f"staff:{by.staff_id}")


def _asked_again(session: Session, task: Task, by: StaffSession, now: dt.datetime) -> None:
    ask_now(session, session.get_one(Connection, task.subject_id), now, actor=f"staff:{by.staff_id}")


_DEEDS: dict[str, Deed] = {
    "code_locked": _unlocked,
    "changed_after_loading": _right_as_it_lies,
    "connection_failed": _asked_again,
    "door_failed": _works_again,
    "sensor_suspect": _works_again,
    "shopper_at_counter": _handed_over,
    "left_uncertain": _is_empty,
}
