"""Stores."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from bopis.access.models import ApiKey
from bopis.errors import NotFound
from bopis.pickups.holding import rules_of
from bopis.stores.models import Store
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Answer, Id, moment, text, whole
from bopis.web.api_v1.operations import Call, Operation, Page
from bopis.web.api_v1.paging import Listed, page_of


class StoreAnswer(Answer):
    id = Id("Ours.")
    name = text("As its people call it.", example="High Street")
    address = text("Its street address, on one line.")
    country = text("ISO 3166-1, two letters.", example="US")
    time_zone = text("An IANA name.", example="America/New_York")
    opening = text("Its opening hours as they were typed in; null when they are not known.", allow_none=True)
    hold_hours = whole("How long goods are held here, in hours.")
    created_at = moment("When it was set up.")


def add(api: Api) -> None:
    """`GET /stores`, `GET /stores/<id>`."""

    @api.reads(
        Operation(
            "list_stores",
            "GET",
            "/stores",
            "stores:read",
            "List stores",
            StoreAnswer,
            about="All stores that the key sees, newest first.",
            query=Listed,
            is_list=True,
        )
    )
    def list_stores(session: Session, call: Call) -> Page:
        statement = select(Store).where(*seen_by(call.key)).options(joinedload(Store.merchant))
        return page_of(session, statement, Store.id, call, store)

    @api.reads(Operation("get_store", "GET", "/stores/<store_id>", "stores:read", "Get a store", StoreAnswer))
    def get_store(session: Session, call: Call) -> dict[str, Any]:
        return store(one(session, call.key, call.path["store_id"]))


def seen_by(key: ApiKey) -> list[ColumnElement[bool]]:
    """The condition for the stores that a key sees."""
    mine = [Store.merchant_id == key.merchant_id]
    return [*mine, Store.id == key.store_id] if key.store_id else mine


def one(session: Session, key: ApiKey, store_id: str) -> Store:
    """A store that the key sees. Raises NotFound."""
    found = session.scalars(
        select(Store).where(Store.id == store_id, *seen_by(key)).options(joinedload(Store.merchant))
    ).first()
    if found is None:
        raise NotFound("not_found", "There is no such store.")
    return found


def store(found: Store) -> dict[str, Any]:
    """A store as it is answered."""
    return {
        "id": found.id,
        "name": found.name,
        "address": found.address,
        "country": found.country,
        "time_zone": found.time_zone,
        "opening": found.opening,
        "hold_hours": rules_of(found).hold_hours,
        "created_at": found.created_at,
    }
