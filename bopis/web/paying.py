"""The way from a shopper's page to the page where it is paid, and back. Nothing here says that something is paid."""

from __future__ import annotations

import re

from flask import Blueprint, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.payments import checkouts, dues, fees, ledger
from bopis.payments.models import Checkout
from bopis.pickups.models import Pickup
from bopis.pickups.queries import by_link

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def blueprint(database: Database) -> Blueprint:
    """`POST /p/<token>/pay` asks for a page of the provider's; `GET /p/<token>/pay` leads there once it is open;
    `GET /p/back/<token>` is where it leads back to."""
    routes = Blueprint("paying", __name__, url_prefix="/p")

    @routes.post("/<token>/pay")
    def pay(token: str) -> BaseResponse:
        with database.transaction() as session:
            pickup = by_link(session, token) if TOKEN.fullmatch(token) else None
            if pickup is not None:
                _begin(session, pickup)
        return redirect(url_for("paying.way", token=token), 303)

    @routes.get("/<token>/pay")
    def way(token: str) -> BaseResponse:
        with database.reading() as session:
            pickup = by_link(session, token) if TOKEN.fullmatch(token) else None
            page = checkouts.live(session, pickup.order_id) if pickup else None
            if page is None:
                return redirect(url_for("shopper.page", token=token), 303)
            return make_response(render_template("paying.html", url=page.url(), token=token))

    @routes.get("/back/<back>")
    def back(back: str) -> BaseResponse:
        with database.transaction() as session:
            pickup = checkouts.came_back(session, back, clock.now()) if TOKEN.fullmatch(back) else None
            token = pickup.link_token() if pickup else ""
        if not token:
            words = "Open the link in your message: your order’s page says whether it is paid."
            return make_response(render_template("error.html", code="unknown_link", message=words), 404)
        return redirect(url_for("shopper.page", token=token), 303)

    @routes.after_request
    def keep_to_yourself(response: BaseResponse) -> BaseResponse:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return routes


def _begin(session: Session, pickup: Pickup) -> Checkout | None:
    """The page on which what is owed now is paid; None when that is nothing, as for a second tap after paying."""
    now = clock.now()
    ledger.hold(session, pickup.order_id)
    session.refresh(pickup.order)
    if pickup.state != "ready":
        return None
    fees.look(session, pickup, now)
    owed = dues.owed(session, pickup)
    return checkouts.begin(session, pickup, owed, now) if owed and owed.account else None
