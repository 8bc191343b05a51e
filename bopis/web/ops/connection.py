"""One connection: how it is, which store each of its places is, and its secrets; and a new one typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import changes, clock
from bopis.db import Database
from bopis.errors import BopisError, EffectError, Invalid, NotFound
from bopis.merchants.actions import type_in
from bopis.merchants.models import Connection, Merchant
from bopis.merchants.typed_in import TypedIn, label
from bopis.pickups import mapping
from bopis.pickups.reconcile import revive
from bopis.ports import Account, Location, Platform
from bopis.sealing import NotSealedHere
from bopis.stores.models import LocationMapping, Store
from bopis.stores.queries import nearest
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me, stores
from bopis.web.ops.connections import title_of, view_of

_LONGEST_NAME = 255


@dataclass(frozen=True)
class Place:
    """A location: the store it is, or else the one it most probably is; how many orders wait to know."""

    location: Location
    store: Store | None
    nearest: Store | None
    waiting: int


def add(
    routes: Blueprint,
    database: Database,
    platforms: Mapping[str, Platform],
    typed_in: Mapping[str, TypedIn],
    installers: frozenset[str],
    public_url: str,
) -> None:
    """`GET /ops/connections/<id>` (`ask=1`: have the shop list its places), `POST .../places` (location_id, name,
    store), `POST .../secrets`; `GET` and `POST /ops/connections/new/<vendor>` (account, and a field for each)."""
    _add_new(routes, database, platforms, typed_in)

    def show(connection_id: str, problem: BopisError | None = None) -> Response:
        with database.reading() as session:
            connection = _mine(session, connection_id)
            is_platform = connection.vendor in platforms
            account = _account(connection) if is_platform and request.args.get("ask") else None
        listed, trouble = _listed(platforms, account) if account else ([], problem)
        with database.reading() as session:
            connection, mine = _mine(session, connection_id), stores(session)
            page = render_template(
                "ops/connection.html",
                view=view_of(session, connection, installers),
                title=title_of(connection.vendor, typed_in),
                fields=typed_in.get(connection.vendor),
                label=label,
                address=f"{public_url}/webhooks/{connection.vendor}/{connection.id}" if is_platform else "",
                places=_places(session, connection, listed, mine) if is_platform else None,
                stores=mine,
                problem=trouble,
            )
        return make_response(page, problem.status if problem else 200)

    @routes.get("/connections/<connection_id>")
    def connection(connection_id: str) -> Response:
        return show(connection_id)

    _add_changes(routes, database, platforms, typed_in, show)


def _add_changes(
    routes: Blueprint,
    database: Database,
    platforms: Mapping[str, Platform],
    typed_in: Mapping[str, TypedIn],
    show: Callable[[str, BopisError], Response],
) -> None:
    @routes.post("/connections/<connection_id>/places")
    def map_place(connection_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                _map(session, _mine(session, connection_id))
        except Invalid as problem:
            if not wants_page():
                raise
            return show(connection_id, problem)
        return done("ops.connection", connection_id=connection_id)

    @routes.post("/connections/<connection_id>/secrets")
    def set_secrets(connection_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                found = _mine(session, connection_id)
                _type_in(session, found.vendor, found.account_name, typed_in, is_new=False, platforms=platforms)
        except Invalid as problem:
            if not wants_page():
                raise
            return show(connection_id, problem)
        return done("ops.connection", connection_id=connection_id)


def _add_new(
    routes: Blueprint, database: Database, platforms: Mapping[str, Platform], typed_in: Mapping[str, TypedIn]
) -> None:
    @routes.get("/connections/new/<vendor>")
    def new_connection(vendor: str) -> Response:
        return _form(vendor, typed_in)

    @routes.post("/connections/new/<vendor>")
    def make_connection(vendor: str) -> BaseResponse:
        try:
            fields = typed_in.get(vendor, TypedIn(()))
            name = fields.name_of(request.form.get("account", ""))
            if not name or len(name) > _LONGEST_NAME or not name.isprintable():
                raise Invalid("bad_account", "Say which account it is.")
            with database.transaction() as session:
                made = _type_in(session, vendor, name, typed_in, is_new=True, platforms=platforms)
        except BopisError as problem:
            if not wants_page() or isinstance(problem, NotFound):
                raise
            return _form(vendor, typed_in, problem)
        return done("ops.connection", connection_id=made)


def _mine(session: Session, connection_id: str) -> Connection:
    found = session.scalars(
        select(Connection).where(Connection.id == connection_id, Connection.merchant_id == me().merchant_id)
    ).first()
    if found is None:
        raise NotFound("unknown_connection", "There is no such connection.")
    return found


def _account(connection: Connection) -> Account | None:
    """What is needed to ask; None where its secrets cannot be opened, which the page says."""
    try:
        return connection.account()
    except NotSealedHere:
        return None


def _listed(platforms: Mapping[str, Platform], account: Account) -> tuple[list[Location], BopisError | None]:
    """What the shop says, or why it says nothing. Not in a transaction: it may take seconds."""
    try:
        return platforms[account.vendor].locations(account), None
    except EffectError as problem:
        return [], Invalid(problem.code, f"The shop did not list its places: {problem.message}. Try again later.")


def _places(session: Session, connection: Connection, listed: list[Location], mine: Sequence[Store]) -> list[Place]:
    """Every place that is known, those that orders wait for first; `mine` are the merchant's stores."""
    by_id = {store.id: store for store in mine}
    stores_of = {
        each.location_id: (each.name, by_id[each.store_id])
        for each in session.scalars(select(LocationMapping).where(LocationMapping.connection_id == connection.id))
    }
    waiting = {place.location_id: (place.name, count) for place, count in mapping.unmapped(session, connection).items()}
    names = {
        **{of: name for of, (name, _) in stores_of.items()},
        **{of: name for of, (name, _) in waiting.items()},
        **{place.location_id: place.name for place in listed},
    }
    found = [
        Place(
            Location(of, name or of),
            stores_of[of][1] if of in stores_of else None,
            None if of in stores_of else nearest(mine, name),
            waiting.get(of, ("", 0))[1],
        )
        for of, name in names.items()
    ]
    return sorted(found, key=lambda place: (-place.waiting, place.store is not None, place.location.name))


def _map(session: Session, connection: Connection) -> None:
    location = Location(request.form.get("location_id", "").strip(), request.form.get("name", "").strip())
    if not location.location_id or max(len(location.location_id), len(location.name)) > _LONGEST_NAME:
        raise Invalid("no_location", "Say which place of the shop it is.")
    store = session.get(Store, request.form.get("store", ""))
    if store is None:
        raise Invalid("unknown_store", "Choose the store this place is.")
    before = session.scalars(
        select(LocationMapping.store_id).where(
            LocationMapping.connection_id == connection.id, LocationMapping.location_id == location.location_id
        )
    ).first()
    now = clock.now()
    mapping.map_place(session, connection, location, store, now)
    _note(session, connection, f"place {location.location_id}", before, store.id)


def _type_in(
    session: Session,
    vendor: str,
    name: str,
    typed_in: Mapping[str, TypedIn],
    *,
    is_new: bool,
    platforms: Mapping[str, Platform],
) -> str:
    """Keep what was typed; the connection's id. Raises Invalid, Conflict, NotFound."""
    fields, now = typed_in.get(vendor), clock.now()
    if fields is None:
        raise NotFound("unknown_vendor", "Accounts of this vendor cannot be connected here.")
    secrets, settings = fields.read(request.form, is_new=is_new)
    merchant = session.get_one(Merchant, me().merchant_id)
    kept = type_in(session, merchant, vendor, name, secrets, settings, now, is_platform=vendor in platforms)
    revive(session, kept.id, now)
    _note(session, kept, "secrets", None, ", ".join(sorted([*secrets, *settings])))
    return kept.id


def _note(session: Session, connection: Connection, what: str, before: str | None, after: str) -> None:
    """Who changed it; of a secret its name alone."""
    changes.note(session, connection.merchant_id, connection.id, what, before, after, actor=actor(), now=clock.now())


def _form(vendor: str, typed_in: Mapping[str, TypedIn], problem: BopisError | None = None) -> Response:
    fields = typed_in.get(vendor)
    if fields is None:
        raise NotFound("unknown_vendor", "Accounts of this vendor cannot be connected here.")
    page = render_template(
        "ops/connect.html", vendor=vendor, title=title_of(vendor, typed_in), fields=fields, label=label, problem=problem
    )
    return make_response(page, problem.status if problem else 200)
