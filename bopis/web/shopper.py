"""The shopper's page behind the link in the text: state, code and QR, where, until when; two taps that say more."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, Conflict, NotFound
from bopis.payments.shown import Bill, bill
from bopis.pickups import grants, holding, wishes
from bopis.pickups.models import Pickup
from bopis.pickups.queries import by_link
from bopis.stores.queries import lock
from bopis.stores.times import in_store

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Shown:
    """What the page says. `code` and `qr` only while they open something: three groups of digits, an image's address.

    `state`: coming, ready, collected, cancelled, expired or returned. `place`: locker, counter or both.
    """

    state: str
    order: str
    store: str
    address: str
    until: str
    place: str
    doors: int
    doors_left: int
    code: tuple[str, ...]
    qr: str
    more: str
    """Until when one tap would have it kept; empty when there is no more time to ask for."""
    hold: str
    """The end that this page shows, for a machine: what a tap for more time was about."""
    bill: Bill
    coming: str
    """Until when its shopper is known to be on the way."""
    low_door: str
    """Whether a door that everybody can reach is asked for, `yes` or `no`; empty when there is no more choice."""

    def __repr__(self) -> str:
        return f"Shown({self.state!r})"

    @property
    def version(self) -> str:
        """Changes with anything that is shown, and gives nothing of it away."""
        facts = "\x1f".join(str(fact) for fact in vars(self).values())
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


def blueprint(database: Database) -> Blueprint:
    """`GET /p/<token>`, the page; `GET /p/<token>/state`, a version that changes with it; `POST /p/<token>/extend`
    (until, the end that was shown), `POST /p/<token>/on-my-way`, `POST /p/<token>/low-door` (wanted, yes or no)."""
    routes = Blueprint("shopper", __name__, url_prefix="/p")

    @routes.get("/<token>")
    def page(token: str) -> Response:
        return _show(database, token)

    @routes.get("/<token>/state")
    def state(token: str) -> Response:
        shown = _look(database, token)
        if shown is None:
            raise NotFound("unknown_link", "This link is not complete, or its order is long gone.")
        return jsonify(state=shown.state, version=shown.version)

    @routes.post("/<token>/extend")
    def extend(token: str) -> BaseResponse:
        return _tapped(
            database, token, lambda session, pickup: holding.extend(session, pickup, _shown_end(), clock.now())
        )

    @routes.post("/<token>/on-my-way")
    def on_my_way(token: str) -> BaseResponse:
        return _tapped(database, token, lambda session, pickup: holding.on_my_way(session, pickup, clock.now()))

    @routes.post("/<token>/low-door")
    def low_door(token: str) -> BaseResponse:
        wanted = request.form.get("wanted") == "yes"
        return _tapped(
            database,
            token,
            lambda session, pickup: wishes.low_door(session, pickup, wanted, clock.now(), actor=holding.SHOPPER),
        )

    @routes.after_request
    def keep_to_yourself(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return routes


def _show(database: Database, token: str, problem: BopisError | None = None) -> Response:
    """The page, with what went wrong on top."""
    shown = _look(database, token)
    if shown is None:
        return make_response(_nothing(), 404)
    page = render_template("shopper.html", shown=shown, token=token, problem=problem)
    return make_response(page, problem.status if problem else 200)


def _tapped(database: Database, token: str, deed: Callable[[Session, Pickup], object]) -> BaseResponse:
    """Do what was tapped and show the page again. The link is the permission, as for reading."""
    try:
        with database.transaction() as session:
            pickup = by_link(session, token) if _TOKEN.fullmatch(token) else None
            if pickup is None or pickup.store_id is None:
                return make_response(_nothing(), 404)
            lock(session, pickup.store_id)
            session.refresh(pickup)
            deed(session, pickup)
    except Conflict as problem:
        return _show(database, token, problem)
    return redirect(url_for("shopper.page", token=token), 303)


def _shown_end() -> dt.datetime | None:
    try:
        shown = dt.datetime.fromisoformat(request.form.get("until", ""))
    except ValueError:
        return None
    return shown if shown.tzinfo else None


def _nothing() -> str:
    return render_template(
        "error.html",
        code="unknown_link",
        message="This link is not complete, or its order is long gone. Open it again from your message, or ask at the "
        "counter.",
    )


def _look(database: Database, token: str) -> Shown | None:
    if not _TOKEN.fullmatch(token):
        return None
    with database.reading() as session:
        pickup = by_link(session, token)
        return _shown(session, pickup) if pickup else None


def _shown(session: Session, pickup: Pickup) -> Shown:
    grant = grants.open_grant(session, pickup.id)
    opens = grant is not None and grant.state == "active" and grant.valid_until > clock.now()
    opens = opens and pickup.state == "ready" and not pickup.is_unpaid()
    code = grants.code_of(grant) if grant and opens else None
    text = grants.qr_of(grant) if grant and opens else None
    store, wanted = pickup.store, pickup.found_at()
    boxes = [place for place in wanted if place.compartment_id]
    until = in_store(pickup.hold_until, store.time_zone) if store and pickup.hold_until else ""
    now = clock.now()
    more = holding.extension(pickup, now)
    coming = pickup.pinned_until if holding.is_pinned(pickup, now) and opens else None
    return Shown(
        state="coming" if pickup.state in ("waiting", "reserved") else pickup.state,
        order=pickup.order.name,
        store=store.name if store else "",
        address=store.address if store else "",
        until=until,
        place="locker" if boxes else "counter",
        doors=len(boxes),
        doors_left=sum(place.collected_at is None for place in boxes),
        code=tuple(code.written().split()) if code else (),
        qr=_qr_image(text) if text else "",
        more=in_store(more, store.time_zone) if store and more else "",
        hold=pickup.hold_until.isoformat() if pickup.hold_until else "",
        bill=bill(session, pickup, now),
        low_door=("yes" if pickup.low_door else "no") if wishes.may_ask(pickup) and grant and grant.bank_id else "",
        coming=f"{coming.astimezone(ZoneInfo(store.time_zone)):%H:%M}" if store and coming else "",
    )


def _qr_image(text: str) -> str:
    """The QR as the address of an image; dark on white in every theme, or scanners would not read it."""
    address: str = segno.make(text, error="m", micro=False).svg_data_uri(
        border=4, dark="#000", light="#fff", omitsize=True
    )
    return address
