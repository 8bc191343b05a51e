"""The operator's pages: what needs a person, pickups and their history, lockers, and both boxes."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from bopis.db import Database
from bopis.hooks.health import CarefulSender
from bopis.merchants.typed_in import TypedIn
from bopis.ports import OrderIntake, Platform
from bopis.web.associate import guard
from bopis.web.ops import (
    api_keys,
    audit,
    banks,
    boxes,
    bridges,
    connection,
    connections,
    features,
    holding,
    home,
    items,
    money,
    order_files,
    pickup,
    pickups,
    setup,
    tasks,
    webhooks,
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
    platforms: Mapping[str, Platform],
    typed_in: Mapping[str, TypedIn],
    public_url: str,
    hooks: CarefulSender | None = None,
    orders: OrderIntake | None = None,
) -> Blueprint:
    """Everything under `/ops`, behind the associates' sign-in.

    `replay` lets a dead letter be tried again; `secure` says that pages are reached over https; `installers` are the
    vendors whose shops are connected with a browser; `holders` those who hold shoppers' money; `typed_in` whose
    secrets are typed in, and which.
    """
    routes = Blueprint("ops", __name__, url_prefix="/ops")
    guard.install(routes, database, secure=secure, needs=NEEDS, by_itself=NOT_A_PERSON)
    routes.context_processor(helpers)
    routes.context_processor(lambda: {"takes_files": orders.vendor if orders else None})
    home.add(routes, database)
    tasks.add(routes, database, replay)
    pickups.add(routes, database)
    pickup.add(routes, database)
    banks.add(routes, database)
    features.add(routes, database)
    items.add(routes, database)
    audit.add(routes, database)
    api_keys.add(routes, database)
    holding.add(routes, database)
    bridges.add(routes, database)
    setup.add(routes, database)
    money.add(routes, database, holders)
    boxes.add(routes, database, replay)
    connections.add(routes, database, installers, typed_in)
    connection.add(routes, database, platforms, typed_in, installers, public_url)
    webhooks.add(routes, database, hooks)
    order_files.add(routes, database, orders, hooks, public_url)
    return routes
