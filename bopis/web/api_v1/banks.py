"""Banks of lockers and their compartments, as the stores' bridges last told of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from bopis import clock
from bopis.access.models import ApiKey
from bopis.bridges.models import Bridge
from bopis.bridges.queries import ONLINE_WITHIN
from bopis.errors import NotFound
from bopis.lockers.fit import SIZES
from bopis.lockers.models import Bank, Compartment
from bopis.pickups.models import IS_LIVE, Placement
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Answer, Id, choice, many, moment, part, text, whole, yes_no
from bopis.web.api_v1.operations import Call, Operation, Page
from bopis.web.api_v1.paging import Listed, page_of
from firmware_bridge.protocol import wire


class BankAnswer(Answer):
    id = Id("Ours.")
    store_id = Id("The store it stands in.")
    name = text("As its store's people call it.", example="Entrance")
    indoors = yes_no("Reached only while its store is open.")
    online = yes_no("Its bridge was heard from within the last minute.")
    last_heard_at = moment("When its bridge was last heard from; null when it never was.", allow_none=True)
    quarantined_at = moment("Since when it opens nothing, until somebody has looked at its wires.", allow_none=True)
    created_at = moment("When it was set up.")


class InnerAnswer(Answer):
    height = whole("In millimetres.")
    width = whole("In millimetres.")
    depth = whole("In millimetres.")


class CompartmentAnswer(Answer):
    id = Id("Ours.")
    number = whole("As it stands on its door.")
    size = choice("How much it takes.", SIZES)
    inner_mm = part(InnerAnswer, "How large it is inside.")
    accessible = yes_no("Everybody reaches it, also from a wheelchair.")
    cold = choice(
        "How cold it is inside; null where it is as warm as the room.", ("chilled", "frozen"), allow_none=True
    )
    in_service = yes_no("It is given to pickups.")
    state = choice("`free`, `held` for a pickup that is not in it yet, or `loaded`.", ("free", "held", "loaded"))
    door = choice("How its door stands.", wire.DOOR_STATES)
    item = choice("What its sensor says.", wire.ITEM_STATES)
    pickup_id = Id("The pickup it is held for or holds.", allow_none=True)


class BankWithCompartmentsAnswer(BankAnswer):
    compartments = many(CompartmentAnswer, "By their numbers.")


class BanksAsked(Listed):
    store_id = Id("Of this store alone.")


def add(api: Api) -> None:
    """`GET /banks`, `GET /banks/<id>`."""

    @api.reads(
        Operation(
            "list_banks",
            "GET",
            "/banks",
            "stores:read",
            "List banks of lockers",
            BankAnswer,
            about="Newest first, without their compartments.",
            query=BanksAsked,
            is_list=True,
        )
    )
    def list_banks(session: Session, call: Call) -> Page:
        statement = select(Bank).where(*_seen_by(call.key))
        if "store_id" in call.query:
            statement = statement.where(Bank.store_id == call.query["store_id"])
        page = page_of(session, statement, Bank.id, call, lambda found: found)
        heard = _heard(session, [found.id for found in page.rows])
        return Page([bank(found, heard.get(found.id)) for found in page.rows], page.after)

    @api.reads(
        Operation(
            "get_bank",
            "GET",
            "/banks/<bank_id>",
            "stores:read",
            "Get a bank and its compartments",
            BankWithCompartmentsAnswer,
        )
    )
    def get_bank(session: Session, call: Call) -> dict[str, Any]:
        statement = select(Bank).where(Bank.id == call.path["bank_id"], *_seen_by(call.key))
        found = session.scalars(statement.options(selectinload(Bank.compartments))).first()
        if found is None:
            raise NotFound("not_found", "There are no such lockers.")
        inside = _inside(session, found.id)
        boxes = [_compartment(box, inside.get(box.id)) for box in found.compartments]
        return bank(found, _heard(session, [found.id]).get(found.id)) | {"compartments": boxes}


def bank(found: Bank, heard_at: dt.datetime | None) -> dict[str, Any]:
    """A bank as it is answered."""
    return {
        "id": found.id,
        "store_id": found.store_id,
        "name": found.name,
        "indoors": found.indoors,
        "online": heard_at is not None and heard_at > clock.now() - ONLINE_WITHIN,
        "last_heard_at": heard_at,
        "quarantined_at": found.quarantined_at,
        "created_at": found.created_at,
    }


def _compartment(box: Compartment, lies: Placement | None) -> dict[str, Any]:
    height, width, depth = box.inner_mm
    return {
        "id": box.id,
        "number": box.number,
        "size": box.size,
        "inner_mm": {"height": height, "width": width, "depth": depth},
        "accessible": box.accessible,
        "cold": box.cold or None,
        "in_service": box.in_service,
        "state": lies.state if lies else "free",
        "door": box.door,
        "item": box.item,
        "pickup_id": lies.pickup_id if lies else None,
    }


def _seen_by(key: ApiKey) -> list[ColumnElement[bool]]:
    mine = [Bank.merchant_id == key.merchant_id]
    return [*mine, Bank.store_id == key.store_id] if key.store_id else mine


def _heard(session: Session, bank_ids: list[str]) -> Mapping[str, dt.datetime | None]:
    statement = select(Bridge.bank_id, Bridge.seen_at).where(Bridge.bank_id.in_(bank_ids), Bridge.revoked_at.is_(None))
    return dict(session.execute(statement).all())  # type: ignore[arg-type]


def _inside(session: Session, bank_id: str) -> Mapping[str, Placement]:
    """What is or will be in each compartment."""
    statement = select(Placement).join(Placement.compartment).where(Compartment.bank_id == bank_id, IS_LIVE)
    return {str(place.compartment_id): place for place in session.scalars(statement)}
