"""The shopper's page behind the link in the text: state, code and QR, where, until when, help. It only reads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import segno
from flask import Blueprint, Response, jsonify, make_response, render_template
from sqlalchemy.orm import Session

from bopis import clock
from bopis.db import Database
from bopis.errors import NotFound
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.pickups.queries import by_link
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

    def __repr__(self) -> str:
        return f"Shown({self.state!r})"

    @property
    def version(self) -> str:
        """Changes with anything that is shown, and gives nothing of it away."""
        facts = "\x1f".join(str(fact) for fact in vars(self).values())
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


def blueprint(database: Database) -> Blueprint:
    """`GET /p/<token>`, the page, and `GET /p/<token>/state`, a version that changes with it."""
    routes = Blueprint("shopper", __name__, url_prefix="/p")

    @routes.get("/<token>")
    def page(token: str) -> Response:
        shown = _look(database, token)
        answer = render_template("shopper.html", shown=shown, token=token) if shown else _nothing()
        return make_response(answer, 200 if shown else 404)

    @routes.get("/<token>/state")
    def state(token: str) -> Response:
        shown = _look(database, token)
        if shown is None:
            raise NotFound("unknown_link", "This link is not complete, or its order is long gone.")
        return jsonify(state=shown.state, version=shown.version)

    @routes.after_request
    def keep_to_yourself(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return routes


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
    opens = opens and pickup.state == "ready"
    code = grants.code_of(grant) if grant and opens else None
    text = grants.qr_of(grant) if grant and opens else None
    store, wanted = pickup.store, pickup.wanted_placements()
    boxes = [place for place in wanted if place.compartment_id]
    until = in_store(pickup.hold_until, store.time_zone) if store and pickup.hold_until else ""
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
    )


def _qr_image(text: str) -> str:
    """The QR as the address of an image; dark on white in every theme, or scanners would not read it."""
    address: str = segno.make(text, error="m", micro=False).svg_data_uri(
        border=4, dark="#000", light="#fff", omitsize=True
    )
    return address
