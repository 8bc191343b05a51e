"""Lists page by page, newest first: each page begins behind the last row of the one before, whatever came meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import validate
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bopis.web.api_v1.fields import Asked, digits, is_id, text
from bopis.web.api_v1.operations import Call, Page
from bopis.web.api_v1.reading import MOST_ROWS, ROWS, bad_cursor, read_cursor


class Listed(Asked):
    limit = digits(
        f"How many to answer with, {ROWS} if not said.", load_default=ROWS, validate=validate.Range(1, MOST_ROWS)
    )
    cursor = text("`next_cursor` of the page before.", validate=validate.Length(max=200))


LOOKED_AT = 5000
"""Rows that one page of a rare kind looks at: it may then be short, or empty, and still lead on."""


def page_of(
    session: Session,
    statement: Select[Any],
    key: InstrumentedAttribute[str],
    call: Call,
    shown: Callable[[Any], Any],
    among: Select[Any] | None = None,
) -> Page:
    """The page of `statement`, by falling ids, that the call asks for. Raises Misplaced for a bad cursor.

    `among` selects the keys of all rows of which those of `statement` may be few: no page then looks at more than
    LOOKED_AT of them.
    """
    after, limit = read_cursor(call.query.get("cursor")), call.query["limit"]
    if after and not is_id(after):
        raise bad_cursor()
    if after:
        statement = statement.where(key < after)
    last = None
    if among is not None:
        all_of_them = among.where(key < after) if after else among
        last = session.scalar(all_of_them.order_by(key.desc()).offset(LOOKED_AT - 1).limit(1))
        statement = statement.where(key >= last) if last else statement
    found = list(session.scalars(statement.order_by(key.desc()).limit(limit + 1)).unique())
    rows = found[:limit]
    return Page([shown(row) for row in rows], rows[-1].id if len(found) > limit else last)
