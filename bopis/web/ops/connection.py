"""One connection: connected, its places mapped, its address tested, its health; and its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template
from sqlalchemy.orm import Session

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError
from bopis.merchants import testing
from bopis.merchants.models import Connection
from bopis.merchants.typed_in import TypedIn, label
from bopis.ports import Platform
from bopis.stores.times import in_store
from bopis.web.ops import connection_places, connection_secrets, connection_trial
from bopis.web.ops.common import me, stores, versioned
from bopis.web.ops.connection_common import mine
from bopis.web.ops.connections import ConnectionView, title_of, view_of


def add(
    routes: Blueprint,
    database: Database,
    platforms: Mapping[str, Platform],
    typed_in: Mapping[str, TypedIn],
    installers: frozenset[str],
    public_url: str,
) -> None:
    """`GET /ops/connections/<id>`, `GET .../state`; what its parts add."""
    page = _Page(database, platforms, typed_in, installers, public_url)

    @routes.get("/connections/<connection_id>")
    def connection(connection_id: str) -> Response:
        return page.show(connection_id)

    @routes.get("/connections/<connection_id>/state")
    def connection_state(connection_id: str) -> Response:
        with database.reading() as session:
            found = mine(session, connection_id)
            return jsonify(page.state(session, view_of(session, found, installers)))

    connection_places.add(routes, database, platforms, page.show)
    connection_trial.add(routes, database, platforms, page.show)
    connection_secrets.add(routes, database, platforms, typed_in, page.show)


class _Page:
    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        typed_in: Mapping[str, TypedIn],
        installers: frozenset[str],
        public_url: str,
    ) -> None:
        self._database, self._platforms, self._typed_in = database, platforms, typed_in
        self._installers, self._public_url = installers, public_url

    def show(self, connection_id: str, problem: BopisError | None = None) -> Response:
        """The page, with what went wrong on top."""
        with self._database.reading() as session:
            connection, ours = mine(session, connection_id), stores(session)
            view, is_platform = view_of(session, connection, self._installers), connection.vendor in self._platforms
            title = title_of(connection.vendor, self._typed_in)
            address = self._address(connection) if is_platform else ""
            page = render_template(
                "ops/connection.html",
                view=view,
                title=title,
                fields=self._typed_in.get(connection.vendor),
                label=label,
                address=address,
                places=connection_places.places_of(session, connection, ours) if is_platform else None,
                trial=connection_trial.view_of(
                    testing.latest(session, connection.id), title, address, clock.now(), _stamp
                ),
                is_first=connection.last_delivery is None and connection.paused_at is None and is_platform,
                version=self.state(session, view)["version"],
                stores=ours,
                problem=problem,
            )
        return make_response(page, problem.status if problem else 200)

    def state(self, session: Session, view: ConnectionView) -> dict[str, Any]:
        """What changes by itself while somebody looks."""
        connection = view.connection
        title, address = title_of(connection.vendor, self._typed_in), self._address(connection)
        trial = connection_trial.view_of(testing.latest(session, connection.id), title, address, clock.now(), _stamp)
        return versioned(
            {
                "health": [view.look, view.words, view.reason],
                "test": vars(trial) if trial else None,
                "last_delivery": connection.last_delivery,
                "asked": connection.reconciled,
                "subscriptions": connection.subscriptions,
                "refused_at": connection.refused_at,
            }
        )

    def _address(self, connection: Connection) -> str:
        return f"{self._public_url}/webhooks/{connection.vendor}/{connection.id}"


def _stamp(at: Any) -> str:
    return in_store(at, me().store.time_zone)
