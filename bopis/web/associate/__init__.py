"""The associate's pages, made for a phone held in one hand: sign in, load, take out, hand over."""

from __future__ import annotations

from flask import Blueprint

from bopis.bell import BankListener
from bopis.db import Database
from bopis.web.associate import counter, guard, home, paid, people, pickup, presence, sign_in
from bopis.web.associate.holding import Holding


def blueprint(database: Database, listener: BankListener, *, secure: bool) -> Blueprint:
    """Everything under `/associate`. `secure` says that pages are reached over https."""
    routes = Blueprint("associate", __name__, url_prefix="/associate")
    holding = Holding(listener)
    guard.install(routes, database, secure=secure)
    sign_in.add(routes, database, secure=secure)
    home.add(routes, database, holding)
    presence.add(routes, database, holding)
    pickup.add(routes, database, holding)
    counter.add(routes, database)
    paid.add(routes, database)
    people.add(routes, database)
    return routes
