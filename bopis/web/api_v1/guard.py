"""Who asks, by the key they show; whether it may; how often."""

from __future__ import annotations

import logging

from flask import Response, g, request

from bopis import clock
from bopis.access.actions import USE_NOTED_EVERY, note_use
from bopis.access.models import ApiKey
from bopis.access.queries import live_key
from bopis.access.scopes import SCOPES
from bopis.db import Database
from bopis.errors import Forbidden, NotSignedIn, TooMany, Unavailable
from bopis.web.api_v1.limits import Lid, Taken

log = logging.getLogger(__name__)


def let_in(database: Database, lid: Lid, scope: str) -> ApiKey:
    """The key of whoever asks. Raises NotSignedIn, TooMany, Forbidden, in this order."""
    key = _key(database)
    g.about = {"api_key": key.id}
    taken: Taken | None = lid.take(key.id)
    if taken is not None:
        g.api_left = taken
        if not taken.allowed:
            raise TooMany("too_many_requests", "This key asks too often. Wait a moment.", max(1, taken.wait()))
    if not key.may(scope):
        raise Forbidden("missing_scope", f"This key may not do that. It takes the scope {scope}: {SCOPES[scope]}.")
    return key


def say_what_is_left(response: Response) -> Response:
    """How much more the key may ask, on every answer to it."""
    taken: Taken | None = g.get("api_left")
    if taken is not None:
        response.headers.update(taken.headers())
    return response


def _key(database: Database) -> ApiKey:
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer":
        with database.reading() as session:
            found = live_key(session, shown.strip())
    if found is None:
        raise NotSignedIn("not_signed_in", "Send a key that is in use: Authorization: Bearer bopis_….")
    now = clock.now()
    if found.last_used_at is None or found.last_used_at < now - USE_NOTED_EVERY:
        _note(database, found.id)
    return found


def _note(database: Database, key_id: str) -> None:
    try:
        with database.transaction(patience=0.2) as session:
            note_use(session, key_id, clock.now())
    except Unavailable:
        log.info("the use of a key was not noted: the database is busy", extra={"api_key": key_id})
