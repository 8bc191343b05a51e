"""A pickup as programs see it: no code, no link, and nothing of its shopper unless the key may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bopis.access.models import ApiKey
from bopis.lockers.fit import NEEDS, SIZES
from bopis.pickups.lifecycle import STATES
from bopis.pickups.models import Pickup, Placement
from bopis.timeline import TimelineEntry
from bopis.web.api_v1.fields import Answer, Id, choice, many, moment, part, text, whole, yes_no


class MoneyAnswer(Answer):
    amount = whole("In the currency's minor unit, such as cents.")
    currency = text("ISO 4217.", example="EUR")


class OrderAnswer(Answer):
    id = Id("Ours.")
    name = text("As people say it.", example="#1001")
    connection_id = Id("The connection to the shop that it came through.")
    platform_order_id = text("The shop's own id.")
    paid = yes_no("The shop has its money, as far as we were told.")
    total = part(MoneyAnswer, "Null where the shop was not asked.", allow_none=True)


class LineAnswer(Answer):
    title = text("As the shop writes it.")
    sku = text("Empty where there is none.")
    quantity = whole("How many pieces.")


class PlacementAnswer(Answer):
    place = choice("Where one parcel of it is or will be.", ("locker", "counter"))
    state = choice("`held` until it lies there, `released` once it is out again.", ("held", "loaded", "released"))
    parcel = whole("Which of its parcels, counted from 1.")
    bank_id = Id("The bank it is in; null at the counter.", allow_none=True)
    compartment_id = Id("Likewise.", allow_none=True)
    door = whole("The number on its door; null at the counter.", allow_none=True)
    loaded_at = moment("When it was put there.", allow_none=True)
    collected_at = moment("When its shopper's own opening was seen.", allow_none=True)
    released_at = moment("When the place was free again.", allow_none=True)


class LocationAnswer(Answer):
    id = text("The shop's id for the place.")
    name = text("The shop's name for it.")


class ShopperAnswer(Answer):
    first_name = text("Null where it is not known, as are the others.", allow_none=True)
    phone = text("E.164.", allow_none=True, example="+12015550123")
    email = text("As the shop has it.", allow_none=True)


class PickupAnswer(Answer):
    id = Id("Ours.")
    store_id = Id("Null until somebody said which store the shop's location is.", allow_none=True)
    order = part(OrderAnswer, "The order it is of.")
    unit_id = text("What the shop calls this part of the order.")
    location = part(LocationAnswer, "Where it is picked up, in the shop's words.")
    state = choice("How it stands.", STATES)
    reason = text("Why it stands so, or lies where it lies, as a stable word; may be empty.", example="nothing_free")
    size = choice("The compartment it needs.", (*SIZES, ""))
    needs = fields.List(choice("One of them.", NEEDS), metadata={"description": "What its goods need beside room."})
    lines = many(LineAnswer, "What is in it.")
    placements = many(PlacementAnswer, "In the order they were chosen.")
    shopper = part(ShopperAnswer, "Null unless the key has the scope `shoppers:read`.", allow_none=True)
    created_at = moment("When we heard of it.")
    ready_at = moment("When all of it lay in its place.", allow_none=True)
    hold_until = moment("Until when it is held for its shopper.", allow_none=True)
    closed_at = moment("When it was over.", allow_none=True)
    updated_at = moment("When something last happened to it, as far as we know.")


def shown(session: Session, pickups: Sequence[Pickup], key: ApiKey) -> list[dict[str, Any]]:
    """Pickups with their orders and placements loaded, as they are answered."""
    changed = _changed(session, [pickup.id for pickup in pickups])
    with_shopper = key.may("shoppers:read")
    return [_one(pickup, changed.get(pickup.id, pickup.created_at), with_shopper) for pickup in pickups]


def _one(pickup: Pickup, updated_at: dt.datetime, with_shopper: bool) -> dict[str, Any]:
    order = pickup.order
    whom = {"first_name": order.first_name, "phone": order.phone, "email": order.email}
    return {
        "id": pickup.id,
        "store_id": pickup.store_id,
        "order": {
            "id": order.id,
            "name": order.name,
            "connection_id": order.connection_id,
            "platform_order_id": order.platform_order_id,
            "paid": order.paid,
            "total": None if order.total is None else {"amount": order.total, "currency": order.currency},
        },
        "unit_id": pickup.unit_id,
        "location": {"id": pickup.location_id, "name": pickup.location_name},
        "state": pickup.state,
        "reason": pickup.reason,
        "size": pickup.size,
        "needs": pickup.needs.split(),
        "lines": pickup.lines,
        "placements": [_placement(place) for place in pickup.placements],
        "shopper": {name: said() or None for name, said in whom.items()} if with_shopper else None,
        "created_at": pickup.created_at,
        "ready_at": pickup.ready_at,
        "hold_until": pickup.hold_until,
        "closed_at": pickup.closed_at,
        "updated_at": updated_at,
    }


def _placement(place: Placement) -> dict[str, Any]:
    box = place.compartment
    return {
        "place": "locker" if box else "counter",
        "state": place.state,
        "parcel": place.parcel,
        "bank_id": box.bank_id if box else None,
        "compartment_id": place.compartment_id,
        "door": box.number if box else None,
        "loaded_at": place.loaded_at,
        "collected_at": place.collected_at,
        "released_at": place.released_at,
    }


def _changed(session: Session, pickup_ids: Sequence[str]) -> Mapping[str, dt.datetime]:
    newest = (
        select(TimelineEntry.pickup_id, func.max(TimelineEntry.written_at))
        .where(TimelineEntry.pickup_id.in_(pickup_ids))
        .group_by(TimelineEntry.pickup_id)
    )
    return dict(session.execute(newest).all())  # type: ignore[arg-type]
