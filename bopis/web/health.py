"""Is this process alive, and may it be given work?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bopis import migrations
from bopis.db import Database
from bopis.errors import Unavailable


def blueprint(database: Database) -> Blueprint:
    """`GET /livez`: the process answers. `GET /readyz`: so does its database, in its newest shape; or 503."""
    routes = Blueprint("health", __name__)
    newest = migrations.newest()

    @routes.get("/livez")
    def livez() -> Response:
        return jsonify(ok=True)

    @routes.get("/readyz")
    def readyz() -> Response:
        with database.reading() as session:
            reached = migrations.reached(session)
        if reached != newest:
            raise Unavailable("not_migrated", "The database is not in this release's shape. Run the release process.")
        return jsonify(ok=True)

    return routes
