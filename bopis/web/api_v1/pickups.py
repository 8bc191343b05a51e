"""Pickups: listed by what they are and where, read whole with their timeline, kept longer, called off."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import validate
from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from bopis import clock
from bopis.access.models import ApiKey
from bopis.errors import Conflict, NotFound
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.pickups import actions, reclaiming
from bopis.pickups.lifecycle import STATES
from bopis.pickups.models import Pickup, Placement
from bopis.stores.queries import lock
from bopis.timeline import TimelineEntry
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Asked, Id, choice, moment, text, whole
from bopis.web.api_v1.operations import Call, Operation, Page
from bopis.web.api_v1.paging import Listed, page_of
from bopis.web.api_v1.pickup_answers import PickupAnswer, shown

_OPEN = frozenset({"waiting", "reserved", "ready", "expired"})
_WHY = "cancelled_by_program"


class PickupsAsked(Listed):
    state = choice("In this state alone.", STATES)
    store_id = Id("In this store alone.")
    order = text("Of the order with this name, or with this id of the shop's.", validate=validate.Length(1, 64))
    updated_since = moment("To which something happened since then, as far as we know.")


class ExtendAsked(Asked):
    hours = whole("How long to hold it from now on.", required=True, validate=validate.Range(1, reclaiming.LONGEST))


def add(api: Api) -> None:
    """`GET /pickups`, `GET /pickups/<id>`, `POST /pickups/<id>/extend`, `POST /pickups/<id>/cancel`."""

    @api.reads(
        Operation(
            "list_pickups",
            "GET",
            "/pickups",
            "pickups:read",
            "List pickups",
            PickupAnswer,
            about="Newest first. With `state` a page may be short and still lead on, while `next_cursor` is not null. "
            "To keep a copy up to date, read `/events` instead of asking again and again.",
            query=PickupsAsked,
            is_list=True,
        )
    )
    def list_pickups(session: Session, call: Call) -> Page:
        rare = call.query.get("state", "ready") not in _OPEN and "updated_since" not in call.query
        among = select(Pickup.id).where(*seen_by(call.key)) if rare else None
        page = page_of(session, _wanted(call), Pickup.id, call, lambda found: found, among)
        return Page(shown(session, page.rows, call.key), page.after)

    @api.reads(Operation("get_pickup", "GET", "/pickups/<pickup_id>", "pickups:read", "Get a pickup", PickupAnswer))
    def get_pickup(session: Session, call: Call) -> dict[str, Any]:
        return shown(session, [one(session, call)], call.key)[0]

    _add_deeds(api)


def _add_deeds(api: Api) -> None:
    @api.does(
        Operation(
            "extend_pickup",
            "POST",
            "/pickups/<pickup_id>/extend",
            "pickups:write",
            "Keep a pickup longer",
            PickupAnswer,
            about="Holds it for so many hours from now on, also when its time is over and its goods are still there; "
            "its shopper is then told anew.",
            body=ExtendAsked,
            problems={409: ("held_longer", "not_there", "no_code_free")},
        )
    )
    def extend_pickup(session: Session, call: Call) -> dict[str, Any]:
        found, now, hours = _held_still(session, call), clock.now(), call.body["hours"]
        if found.hold_until is not None and found.hold_until >= now + dt.timedelta(hours=hours):
            raise Conflict("held_longer", "It is held longer than that already.")
        reclaiming.keep_longer(session, found, hours, now, actor=call.actor)
        return _again(session, call)

    @api.does(
        Operation(
            "cancel_pickup",
            "POST",
            "/pickups/<pickup_id>/cancel",
            "pickups:write",
            "Call a pickup off",
            PickupAnswer,
            about="Its code opens nothing any more. If goods lie in a compartment already, its store is asked "
            "to take them out, and the compartment is free only after that. The order in the shop and its money stay "
            "as they are: call it off there too. One that is called off already is answered as it is.",
            problems={409: ("over",)},
        )
    )
    def cancel_pickup(session: Session, call: Call) -> dict[str, Any]:
        found = _held_still(session, call)
        if found.state in ("collected", "returned"):
            raise Conflict("over", "It was handed over or is back with the store: nothing is left to call off.")
        actions.cancel(session, found, clock.now(), actor=call.actor, reason=_WHY)
        return _again(session, call)


def seen_by(key: ApiKey) -> list[ColumnElement[bool]]:
    """The condition for the pickups that a key sees."""
    mine = [Pickup.merchant_id == key.merchant_id]
    return [*mine, Pickup.store_id == key.store_id] if key.store_id else mine


def one(session: Session, call: Call) -> Pickup:
    """The pickup that is named, with what is shown of it. Raises NotFound."""
    statement = _whole().where(Pickup.id == call.path["pickup_id"], *seen_by(call.key))
    found = session.scalars(statement.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound("not_found", "There is no such pickup.")
    return found


def _wanted(call: Call) -> Select[tuple[Pickup]]:
    statement, asked = _whole().where(*seen_by(call.key)), call.query
    for name in ("state", "store_id"):
        if name in asked:
            statement = statement.where(getattr(Pickup, name) == asked[name])
    if asked.get("state") in _OPEN:
        statement = statement.where(Pickup.closed_at.is_(None))  # whose index is as short as the store's day
    if "order" in asked:
        statement = statement.where(Pickup.order_id.in_(_orders(call.key, asked["order"])))
    if "updated_since" in asked:
        lately = select(TimelineEntry.pickup_id).where(TimelineEntry.written_at >= asked["updated_since"])
        statement = statement.where(Pickup.id.in_(lately))
    return statement


def _orders(key: ApiKey, said: str) -> CompoundSelect[tuple[str]]:
    """The ids of the orders that are meant."""
    named = select(Order.id).where(Order.merchant_id == key.merchant_id, Order.name == said)
    ours = select(Connection.id).where(Connection.merchant_id == key.merchant_id)
    # Two questions: asked as one, none of their indexes would serve.
    return union_all(named, select(Order.id).where(Order.connection_id.in_(ours), Order.platform_order_id == said))


def _whole() -> Select[tuple[Pickup]]:
    return select(Pickup).options(
        joinedload(Pickup.order), selectinload(Pickup.placements).joinedload(Placement.compartment)
    )


def _held_still(session: Session, call: Call) -> Pickup:
    """The pickup as it is once nothing moves in its store any more."""
    found = one(session, call)
    if found.store_id is not None:
        lock(session, found.store_id)
    return one(session, call)


def _again(session: Session, call: Call) -> dict[str, Any]:
    session.flush()
    return shown(session, [one(session, call)], call.key)[0]
