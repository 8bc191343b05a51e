"""What happened, read on from where one was: the feed of everything, and one pickup's timeline. Nothing personal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.orm import Session

from bopis import clock
from bopis.db import UtcDateTime
from bopis.pickups.models import Pickup
from bopis.pickups.words import REASONS
from bopis.timeline import TimelineEntry, entries
from bopis.web.api_v1.api import Api
from bopis.web.api_v1.fields import Answer, Id, choice, is_id, moment, part, text, whole
from bopis.web.api_v1.operations import Call, Operation, Page
from bopis.web.api_v1.paging import Listed
from bopis.web.api_v1.pickups import one, seen_by
from bopis.web.api_v1.reading import bad_cursor, read_cursor

SETTLES = dt.timedelta(seconds=10)
"""So long no entry is shown: a transaction that began before it may still add one that stands before it."""
LOOKED_AT = 2000
"""Entries that one page looks at, whosever they are: a quiet merchant's page takes no longer than a busy one's."""
_ACTORS = ("platform", "shopper", "staff", "bridge", "system", "api")


class DetailAnswer(Answer):
    reason = text("Why, as a stable word.", allow_none=True)
    door = whole("The number on the door it was about.", allow_none=True)
    until = text("Until when it is held from then on.", allow_none=True)
    channel = text("How its shopper was told.", allow_none=True)


class EventAnswer(Answer):
    id = text("Its pickup's id and its number there: the same event has the same one wherever it is read.")
    pickup_id = Id("The pickup it happened to.")
    store_id = Id("Where its pickup is now.", allow_none=True)
    number = whole("Which of its pickup's events, counted from 1.")
    type = text("What happened, as a stable word; new ones may come.", example="ready")
    at = moment("When it happened.")
    written_at = moment("When we came to know: later than `at` for what happened in a store without internet.")
    actor = choice("Who did it.", _ACTORS)
    detail = part(DetailAnswer, "What there is to say about it.")


class EventsAsked(Listed):
    since = moment("Begin with what we came to know then; where a cursor is given it decides.")


def add(api: Api) -> None:
    """`GET /events`, `GET /pickups/<id>/events`."""

    @api.reads(
        Operation(
            "list_events",
            "GET",
            "/events",
            "pickups:read",
            "Follow what happens",
            EventAnswer,
            about="Everything that happened to all pickups that the key sees, in the order in which we came to know of "
            "it, ten seconds later. `next_cursor` is always there: keep it and ask again with it, at once while `data` "
            "is not empty, else in a few seconds.",
            query=EventsAsked,
            is_list=True,
        )
    )
    def list_events(session: Session, call: Call) -> Page:
        begin = _begin(call)
        looked = _looked(session, begin)
        mine = dict(session.execute(_mine(call, looked)).all())
        found, last = [], begin
        for entry in looked:
            if entry.pickup_id in mine:
                if len(found) == call.query["limit"]:
                    break
                found.append(event(entry, mine[entry.pickup_id]))
            last = (entry.written_at, entry.pickup_id, entry.number)
        return Page(found, "|".join((last[0].isoformat(), last[1], str(last[2]))))

    @api.reads(
        Operation(
            "list_pickup_events",
            "GET",
            "/pickups/<pickup_id>/events",
            "pickups:read",
            "Read a pickup's timeline",
            EventAnswer,
            about="All of it on one page, oldest first.",
            is_list=True,
        )
    )
    def list_pickup_events(session: Session, call: Call) -> Page:
        found = one(session, call)
        return Page([event(entry, found.store_id) for entry in entries(session, found.id)], None)


def event(entry: TimelineEntry, store_id: str | None) -> dict[str, Any]:
    """An entry as it is answered: of its detail what is known to say nothing of anybody."""
    kind = entry.actor.partition(":")[0]
    said = entry.detail
    reason, door = said.get("reason"), str(said.get("door", ""))
    return {
        "id": f"{entry.pickup_id}/{entry.number}",
        "pickup_id": entry.pickup_id,
        "store_id": store_id,
        "number": entry.number,
        "type": entry.what,
        "at": entry.at,
        "written_at": entry.written_at,
        "actor": kind if kind in _ACTORS else "system",
        "detail": {
            # What people typed as a reason may name somebody.
            "reason": reason if reason and reason in REASONS else None,
            "door": int(door) if door.isascii() and door.isdecimal() else None,
            "until": said.get("until"),
            "channel": said.get("channel"),
        },
    }


def _begin(call: Call) -> tuple[dt.datetime, str, int]:
    cursor = read_cursor(call.query.get("cursor"))
    if not cursor:
        since = call.query.get("since", dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
        return since, "", 0
    at, _, rest = cursor.partition("|")
    pickup_id, _, number = rest.partition("|")
    try:
        begin = dt.datetime.fromisoformat(at), pickup_id, int(number[:9])
    except ValueError:
        raise bad_cursor() from None
    if begin[0].tzinfo is None or not 2000 <= begin[0].year < 2100 or not (is_id(pickup_id) or not pickup_id):
        raise bad_cursor()
    return begin


def _looked(session: Session, begin: tuple[dt.datetime, str, int]) -> Sequence[TimelineEntry]:
    key = (TimelineEntry.written_at, TimelineEntry.pickup_id, TimelineEntry.number)
    statement = (
        select(TimelineEntry)
        .where(
            tuple_(*key) > tuple_(literal(begin[0], UtcDateTime()), *begin[1:]),
            TimelineEntry.written_at <= clock.now() - SETTLES,
        )
        .order_by(*key)
        .limit(LOOKED_AT)
    )
    return list(session.scalars(statement))


def _mine(call: Call, looked: Sequence[TimelineEntry]) -> Select[tuple[str, str | None]]:
    asked = {entry.pickup_id for entry in looked}
    return select(Pickup.id, Pickup.store_id).where(Pickup.id.in_(asked), *seen_by(call.key))
