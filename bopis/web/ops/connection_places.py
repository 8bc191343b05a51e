"""A connection's places: what the shop lists, which store each of them is, and which it most probably is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, EffectError, Invalid, NotFound
from bopis.merchants.models import Connection
from bopis.pickups import mapping
from bopis.ports import Location, Platform
from bopis.sealing import NotSealedHere
from bopis.stores.models import LocationMapping, Store
from bopis.stores.queries import nearest
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import done
from bopis.web.ops.connection_common import LONGEST_NAME, mine, note

_MOST = 2000


@dataclass(frozen=True)
class Place:
    """A location: the store it is, or else the one it most probably is; how many orders wait to know."""

    location: Location
    store: Store | None
    nearest: Store | None
    waiting: int


def places_of(session: Session, connection: Connection, ours: Sequence[Store]) -> list[Place]:
    """Every place that is known, those that orders wait for first; `ours` are the merchant's stores."""
    by_id = {store.id: store for store in ours}
    stores_of = {
        each.location_id: (each.name, by_id[each.store_id])
        for each in session.scalars(select(LocationMapping).where(LocationMapping.connection_id == connection.id))
    }
    waiting = {place.location_id: (place.name, count) for place, count in mapping.unmapped(session, connection).items()}
    names = {
        **{of: name for of, (name, _) in stores_of.items()},
        **{of: name for of, (name, _) in waiting.items()},
        **(connection.places or {}).get("listed", {}),
    }
    found = [
        Place(
            Location(of, name or of),
            stores_of[of][1] if of in stores_of else None,
            None if of in stores_of else nearest(ours, name),
            waiting.get(of, ("", 0))[1],
        )
        for of, name in names.items()
    ]
    return sorted(found, key=lambda place: (-place.waiting, place.store is not None, place.location.name))


def add(
    routes: Blueprint,
    database: Database,
    platforms: Mapping[str, Platform],
    show: Callable[[str, BopisError], Response],
) -> None:
    """`POST /ops/connections/<id>/places` (location_id, name, store) and `POST .../places/ask`: the shop lists them."""

    @routes.post("/connections/<connection_id>/places")
    def map_place(connection_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                _map(session, mine(session, connection_id))
        except Invalid as problem:
            if not wants_page():
                raise
            return show(connection_id, problem)
        return done("ops.connection", connection_id=connection_id, _anchor="places")

    @routes.post("/connections/<connection_id>/places/ask")
    def ask_places(connection_id: str) -> BaseResponse:
        try:
            listed = _listed(database, platforms, connection_id)
        except Invalid as problem:
            if not wants_page():
                raise
            return show(connection_id, problem)
        with database.transaction() as session:
            kept = {"at": clock.now().isoformat(), "listed": {each.location_id: each.name for each in listed[:_MOST]}}
            mine(session, connection_id).places = kept
        return done("ops.connection", connection_id=connection_id, _anchor="places")


def _listed(database: Database, platforms: Mapping[str, Platform], connection_id: str) -> list[Location]:
    """What the shop says. Not in a transaction: it may take seconds. Raises Invalid, NotFound."""
    with database.reading() as session:
        connection = mine(session, connection_id)
        if connection.vendor not in platforms:
            raise NotFound("no_platform", "This connection has no places.")
        try:
            account = connection.account()
        except NotSealedHere:
            raise Invalid("secrets_closed", "Its secrets cannot be opened. Type them in anew below.") from None
    try:
        return platforms[account.vendor].locations(account)
    except EffectError as problem:
        words = f"The shop did not list its places: {problem.message}. Try again later."
        raise Invalid(problem.code, words) from None


def _map(session: Session, connection: Connection) -> None:
    location = Location(request.form.get("location_id", "").strip(), request.form.get("name", "").strip())
    if not location.location_id or max(len(location.location_id), len(location.name)) > LONGEST_NAME:
        raise Invalid("no_location", "Say which place of the shop it is.")
    store = session.get(Store, request.form.get("store", ""))
    if store is None:
        raise Invalid("unknown_store", "Choose the store this place is.")
    before = session.scalars(
        select(LocationMapping.store_id).where(
            LocationMapping.connection_id == connection.id, LocationMapping.location_id == location.location_id
        )
    ).first()
    mapping.map_place(session, connection, location, store, clock.now())
    note(session, connection, f"place {location.location_id}", before, store.id)
