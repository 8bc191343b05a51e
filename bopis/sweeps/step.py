"""What a step of a sweep is."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from bopis.db import UtcDateTime
from bopis.prepared import Prepared

NOW = bindparam("now", type_=UtcDateTime())


class Step(Protocol):
    """Finds the id of one thing that is due, and deals with it."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        raise NotImplementedError

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        raise NotImplementedError


def first(session: Session, due: Prepared, now: dt.datetime, **times: dt.datetime) -> str | None:
    """The first id that this statement finds for `NOW`. Every relay looks twice a second: the look must be cheap."""
    found = list(due.run(session, now=now, **times))
    return found[0][0] if found else None
