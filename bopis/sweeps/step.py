"""What a step of a sweep is."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from sqlalchemy.orm import Session


class Step(Protocol):
    """Finds the id of one thing that is due, and deals with it."""

    def find(self, session: Session, now: dt.datetime) -> str | None:
        raise NotImplementedError

    def do(self, session: Session, found: str, now: dt.datetime) -> None:
        raise NotImplementedError
