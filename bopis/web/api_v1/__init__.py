"""`/api/v1`: the door for developers. Every operation is declared once; requests, answers and the document follow."""

from __future__ import annotations

from flask import Blueprint, Response, json

from bopis.db import Database
from bopis.ports import OrderIntake
from bopis.web.api_v1 import banks, events, orders, pickups, reference, stores
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.document import document
from bopis.web.api_v1.limits import Lid
from bopis.web.problems import API


def blueprint(database: Database, lid: Lid, public_url: str, intake: OrderIntake | None = None) -> Blueprint:
    """Everything under `/api/v1`; its description for programs at `/api/v1/openapi.json`, for people at `/api/v1/`.

    `intake` reads orders that programs send; without it there is no address for them.
    """
    routes = Blueprint("api_v1", __name__, url_prefix=API)
    api = Api(routes, database, lid)
    for resource in (stores, banks, pickups, events):
        resource.add(api)
    if intake is not None:
        orders.add(api, intake)
    described = document(api.operations, public_url)
    written = json.dumps(described)

    @routes.get("/openapi.json", endpoint="openapi")
    def openapi() -> Response:
        return Response(written, content_type="application/json")

    @routes.get("/", endpoint="reference")
    def read() -> str:
        return reference.page(described)

    return routes
