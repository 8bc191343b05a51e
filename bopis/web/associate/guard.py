"""Who may call what: every endpoint under `/associate` needs a row here, or it is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import Forbidden, NotSignedIn
from bopis.pickups import words
from bopis.staff.models import StaffSession
from bopis.staff.permissions import may
from bopis.staff.queries import LONGEST, live_session
from bopis.stores.times import in_store

OPEN_TO_ALL = frozenset({"associate.sign_in_form", "associate.sign_in"})
NEEDS = {
    "associate.home": "look",
    "associate.home_state": "look",
    "associate.find": "look",
    "associate.pickup": "look",
    "associate.pickup_state": "look",
    "associate.sign_out": "look",
    "associate.presence": "take_presence",
    "associate.open": "load",
    "associate.another_box": "load",
    "associate.too_small": "load",
    "associate.take_out": "take_out",
    "associate.to_counter": "take_out",
    "associate.carry": "load",
    "associate.put_back": "load",
    "associate.stop_carrying": "load",
    "associate.leave_at_counter": "set_aside",
    "associate.set_aside": "set_aside",
    "associate.low_door": "load",
    "associate.all_in": "load",
    "associate.fits": "load",
    "associate.could_be_smaller": "load",
    "associate.untap": "load",
    "associate.hand_over": "hand_over",
    "associate.hand_over_late": "hand_over",
    "associate.paid_here": "take_payment",
    "associate.waive_fee": "take_payment",
    "associate.unlock_code": "unlock_code",
    "associate.reclaim": "reclaim",
    "associate.look_inside": "reclaim",
    "associate.confirm_empty": "reclaim",
    "associate.settle_task": "settle_task",
    "associate.people": "unlock_person",
    "associate.unlock": "unlock_person",
    "associate.new_pin": "unlock_person",
    "associate.remove_person": "remove_person",
    "associate.repair_door": "repair_door",
}
"""Endpoint → what it takes, as `staff.permissions` names it."""
_NOT_A_PERSON = frozenset({"associate.home_state", "associate.pickup_state"})
"""Asked by the page itself, as is what carries `?live=1`, so they do not keep a forgotten phone signed in."""
_NOTE_USE_EVERY = dt.timedelta(seconds=30)


@dataclass(frozen=True)
class Cookie:
    """The cookie that holds a device's token. With https its name forbids every other host and path to set it."""

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-staff" if self.secure else "staff"

    def put(self, response: Response, token: str) -> None:
        response.set_cookie(
            self.name,
            token,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Lax",
        )

    def remove(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="Lax")


def staff() -> StaffSession:
    """The sign-in of whoever calls, with `staff` and `staff.store` loaded; detached, for reading."""
    found: StaffSession = g.staff_session
    return found


def wants_page() -> bool:
    """Whether a browser asks for a page; everybody else gets JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json") == "text/html"


def install(
    routes: Blueprint,
    database: Database,
    *,
    secure: bool,
    needs: Mapping[str, str] = NEEDS,
    by_itself: Collection[str] = _NOT_A_PERSON,
) -> None:
    """Check origin, sign-in and permission before every endpoint of the blueprint.

    `needs` is its table; `by_itself` are the endpoints that pages ask without a person's doing.
    """
    cookie = Cookie(secure)

    @routes.before_request
    def check() -> BaseResponse | None:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _check_same_origin()
        endpoint = request.endpoint or ""
        token = request.cookies.get(cookie.name, "")
        silent = endpoint in by_itself or "live" in request.args
        g.staff_session = _find(database, token, silent=silent) if token else None
        if endpoint in OPEN_TO_ALL:
            return None
        if g.staff_session is None:
            if wants_page():
                return redirect(url_for("associate.sign_in_form", next=_comes_back_to()), 303)
            raise NotSignedIn("not_signed_in", "Sign in with your badge and PIN.")
        if endpoint not in needs or not may(g.staff_session.staff.role, needs[endpoint]):
            raise Forbidden("not_allowed", "Your role does not allow this. Ask a manager.")
        return None

    @routes.after_request
    def same_origin_referrer(response: Response) -> Response:
        # Without it browsers send `Origin: null` with our own forms, and the check below would refuse them.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @routes.context_processor
    def helpers() -> dict[str, object]:
        me: StaffSession | None = g.get("staff_session")
        zone = me.staff.store.time_zone if me else "UTC"
        return {
            "me": me,
            "may": may,
            "need_words": words.NEEDS,
            "stamp": lambda at: in_store(at, zone),
            "hour": lambda at: in_store(at, zone)[-5:],
        }


def _find(database: Database, token: str, *, silent: bool) -> StaffSession | None:
    now = clock.now()
    with database.reading() as session:
        found = live_session(session, token, now)
    if found is not None and not silent and found.used_at < now - _NOTE_USE_EVERY:
        with database.transaction() as session:
            session.get_one(StaffSession, found.id).used_at = now
    return found


def _check_same_origin() -> None:
    """Refuse what another site makes a browser send: SameSite=Lax alone trusts every neighbour of our domain."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = site == "same-origin" if site else urlsplit(origin or "").netloc == request.host
    if not ours:
        raise Forbidden("other_site", "This request did not come from our own page. Open the page again.")


def _comes_back_to() -> str | None:
    return request.path if request.method == "GET" and request.path != "/associate/" else None
