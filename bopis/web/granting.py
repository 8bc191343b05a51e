"""Where a shop itself posts the key that its owner just granted us; the browser follows by `connect`.

Whoever calls is no person and signs nothing: the sealed state says who began, and the platform's own part tries the
key. A state counts once.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.db import Database
from bopis.errors import EffectError, Forbidden, Invalid, NotFound, PermanentFailure, Unavailable
from bopis.merchants.actions import install
from bopis.merchants.models import Connection
from bopis.pickups.reconcile import revive
from bopis.ports import BadSignature, Installed, Installer
from bopis.staff.models import StaffSession
from bopis.staff.permissions import may
from bopis.web import consent
from bopis.web.consent import Consent


def blueprint(database: Database, installers: Mapping[str, Installer]) -> Blueprint:
    """`POST /connect/<vendor>/callback`: 200 once the key is kept, 403 when nobody asked for it."""
    routes = Blueprint("granting", __name__)

    @routes.post("/connect/<vendor>/callback")
    def granted(vendor: str) -> Response:
        if vendor not in installers:
            raise NotFound("unknown_vendor", "Shops of this platform cannot be connected here.")
        begun = consent.opened(request.args.get("state", ""), vendor)
        with database.reading() as session:
            _check(session, begun)
        installed = _finish(installers[vendor], begun)
        now = clock.now()
        with database.transaction() as session:
            merchant_id = _check(session, begun)
            connection = install(session, merchant_id, vendor, installed.account_name, installed.secrets, now)
            revive(session, connection.id, now)
        return Response(status=200)

    return routes


def was_granted(session: Session, begun: Consent) -> bool:
    """Whether the shop has been connected since this was begun."""
    found = session.scalars(
        select(Connection).where(Connection.vendor == begun.vendor, Connection.account_name == begun.name)
    ).first()
    return found is not None and found.installed_at is not None and found.installed_at >= begun.began


def _check(session: Session, begun: Consent) -> str:
    """The merchant of whoever began, who must still be signed in and be allowed to. Raises Forbidden."""
    by = session.get(StaffSession, begun.by)
    if by is None or by.ended_at is not None or not by.staff.active or not may(by.staff.role, "connect"):
        raise Forbidden("bad_state", "Whoever began this is not signed in any more. Begin again.")
    if was_granted(session, begun):
        raise Forbidden("bad_state", "This was used already. Begin again.")
    return by.staff.merchant_id


def _finish(installer: Installer, begun: Consent) -> Installed:
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise Invalid("bad_grant", "What was posted is no JSON object.")
    posted = {name: value for name, value in given.items() if isinstance(value, str)}
    try:
        installed = installer.finish({**posted, "shop": begun.name}, clock.now())
    except BadSignature:
        raise Forbidden("bad_signature", "The shop did not take this key.") from None
    except PermanentFailure as problem:
        raise Invalid(problem.code, f"The platform refused: {problem.message}. Begin again.") from None
    except EffectError:
        raise Unavailable("platform_down", "The platform does not answer. Please try again.") from None
    if installed is None or installed.account_name != begun.name:
        raise Invalid("bad_grant", "What was posted is no key of this shop.")
    return installed
