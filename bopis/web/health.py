"""Is this process alive, and may it be given work?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bopis.db import Database, ping


def blueprint(database: Database) -> Blueprint:
    """`GET /livez`: the process answers. `GET /readyz`: so does its database; 503 otherwise."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    def livez() -> Response:
        return jsonify(ok=True)

    @routes.get("/readyz")
    def readyz() -> Response:
        ping(database)
        return jsonify(ok=True)

    return routes
