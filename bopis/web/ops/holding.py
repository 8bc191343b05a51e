"""How long goods are held: the merchant's rules, each store's hours, and which lockers stand inside."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import changes, clock
from bopis.bridges.people import people_changed
from bopis.db import Database
from bopis.errors import Invalid, NotFound
from bopis.lockers.models import Bank
from bopis.lockers.queries import banks_in
from bopis.merchants.models import Merchant
from bopis.pickups.holding import rules_of
from bopis.stores import holding, hours
from bopis.stores.holding import Place, Rules
from bopis.stores.models import Store
from bopis.stores.times import in_store
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import actor, done, me, stores

_LONGEST_HOURS = 4000
"""Characters of a store's opening hours."""


@dataclass(frozen=True)
class StoreView:
    """One store: `outdoors` and `indoors` say until when something loaded now would be held."""

    store: Store
    banks: list[Bank]
    outdoors: str
    indoors: str


def add(routes: Blueprint, database: Database) -> None:
    """`GET /ops/holding`, `POST /ops/holding` (a field for each of Rules), `POST /ops/holding/store` (store,
    hold_hours, opening, indoors)."""

    @routes.get("/holding")
    def hold_rules() -> Response:
        return _show(database)

    @routes.post("/holding")
    def set_hold_rules() -> BaseResponse:
        try:
            rules = _rules()
        except Invalid as problem:
            if not wants_page():
                raise
            return _show(database, problem)
        with database.transaction() as session:
            merchant = session.get_one(Merchant, me().merchant_id)
            before, merchant.holding = Rules.of(merchant.holding).kept(), rules.kept()
            changes.note(
                session, merchant.id, merchant.id, "holding", before, rules.kept(), actor=actor(), now=clock.now()
            )
            for store in stores(session):
                people_changed(session, store.id)
        return done("ops.hold_rules")

    @routes.post("/holding/store")
    def set_store_hours() -> BaseResponse:
        try:
            with database.transaction() as session:
                _set_store(session, _store(session, request.form.get("store", "")), clock.now())
        except Invalid as problem:
            if not wants_page():
                raise
            return _show(database, problem)
        return done("ops.hold_rules")


def _show(database: Database, problem: Invalid | None = None) -> Response:
    with database.reading() as session:
        rules = Rules.of(session.get_one(Merchant, me().merchant_id).holding)
        views = [_view(session, store, clock.now()) for store in stores(session)]
        page = render_template("ops/holding.html", rules=rules, views=views, problem=problem)
    return make_response(page, problem.status if problem else 200)


def _view(session: Session, store: Store, now: dt.datetime) -> StoreView:
    zone, length = ZoneInfo(store.time_zone), rules_of(store).hold_hours
    open_at = hours.read(store.opening) if store.opening else None
    ends = [in_store(holding.end(now, length, Place(zone, known)), store.time_zone) for known in (None, open_at)]
    return StoreView(store, banks_in(session, store.id), *ends)


def _rules() -> Rules:
    whole = {name: _whole(name) for name in ("hold_hours", "extend_hours", "extend_times", "load_within_hours")}
    quiet = {name: request.form.get(name, "")[:5] for name in ("quiet_from", "quiet_until")}
    wanted = {name: request.form.get(name) == "yes" for name in ("restock", "tell_over")}
    return Rules.checked(**whole, **quiet, **wanted)


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 5:
        raise Invalid("bad_hold", "Give whole numbers.")
    return int(text)


def _set_store(session: Session, store: Store, now: dt.datetime) -> None:
    text = "\n".join(request.form.get("opening", "")[:_LONGEST_HOURS].split("\r\n")).strip()
    hours.read(text)
    own = _whole("hold_hours") if request.form.get("hold_hours", "").strip() else None
    if own is not None:
        Rules.checked(hold_hours=own)
    inside = set(request.form.getlist("indoors"))
    for name, after in (("opening", text or None), ("hold_hours", own)):
        before = getattr(store, name)
        setattr(store, name, after)
        changes.note(session, store.merchant_id, store.id, name, before, after, actor=actor(), now=now)
    for bank in banks_in(session, store.id):
        before, bank.indoors = bank.indoors, bank.id in inside
        changes.note(session, store.merchant_id, bank.id, "indoors", before, bank.indoors, actor=actor(), now=now)
    people_changed(session, store.id)


def _store(session: Session, store_id: str) -> Store:
    found = session.scalars(select(Store).where(Store.id == store_id, Store.merchant_id == me().merchant_id)).first()
    if found is None:
        raise NotFound("unknown_store", "There is no such store.")
    return found
