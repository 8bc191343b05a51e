"""The operator's pages: what needs a person, pickups and their history, lockers, and both boxes."""

from __future__ import annotations

from flask import Blueprint

from bopis.db import Database
from bopis.web.associate import guard
from bopis.web.ops import (
    audit,
    banks,
    boxes,
    bridges,
    connections,
    features,
    holding,
    home,
    money,
    pickup,
    pickups,
    setup,
    tasks,
)
from bopis.web.ops.common import NEEDS, NOT_A_PERSON, helpers
from bopis.web.ops.settling import Replay


def blueprint(
    database: Database,
    replay: Replay,
    *,
    secure: bool,
    installers: frozenset[str] = frozenset(),
    holders: frozenset[str] = frozenset(),
) -> Blueprint:
    """Everything under `/ops`, behind the associates' sign-in.

    `replay` lets a dead letter be tried again; `secure` says that pages are reached over https; `installers` are the
    vendors whose shops are connected with a browser; `holders` those who hold shoppers' money.
    """
    routes = Blueprint("ops", __name__, url_prefix="/ops")
    guard.install(routes, database, secure=secure, needs=NEEDS, by_itself=NOT_A_PERSON)
    routes.context_processor(helpers)
    home.add(routes, database)
    tasks.add(routes, database, replay)
    pickups.add(routes, database)
    pickup.add(routes, database)
    banks.add(routes, database)
    features.add(routes, database)
    audit.add(routes, database)
    holding.add(routes, database)
    bridges.add(routes, database)
    setup.add(routes, database)
    money.add(routes, database, holders)
    boxes.add(routes, database, replay)
    connections.add(routes, database, installers)
    return routes
