"""Deeds asked for under an idempotency key: done once, and answered the same for a day however often they are asked.

`begin` is committed before the deed, so that whoever asks meanwhile is told; `finish` with the deed, so that there is
never the one without the other; `give_up` when the deed was refused: it changed nothing, so it may be asked for anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bopis import sealing
from bopis.access.models import ApiDeed
from bopis.errors import Conflict
from bopis.ids import new_id

KEPT = dt.timedelta(hours=24)
_PATIENCE = dt.timedelta(seconds=60)
"""After so long whoever began is taken for dead; should it not be, its `finish` fails and takes its deed back."""


class UnderWay(Conflict):
    """The same deed is being done at this moment."""

    retry_after = 2


class Reused(Conflict):
    """The same idempotency key for another deed."""

    status = 422


@dataclass(frozen=True)
class Turn:
    """Whose turn it is to do a deed."""

    key_id: str
    idempotency_key: str
    turn: str


@dataclass(frozen=True)
class Done:
    """What was answered when it was done."""

    status: int
    body: bytes = field(repr=False)


def begin(session: Session, key_id: str, idempotency_key: str, request_hash: str, now: dt.datetime) -> Turn | Done:
    """Whether to do it now, or what was answered before. Raises UnderWay, Reused."""
    mine = (ApiDeed.key_id == key_id, ApiDeed.idempotency_key == idempotency_key)
    session.execute(delete(ApiDeed).where(*mine, ApiDeed.begun_at <= now - KEPT))
    known = session.scalars(select(ApiDeed).where(*mine).with_for_update()).first()
    turn = Turn(key_id, idempotency_key, new_id())
    if known is None:
        asked = ApiDeed(request_hash=request_hash, begun_at=now, **vars(turn))
        session.add(asked)
        try:
            session.flush()
        except IntegrityError:
            raise _under_way() from None
        return turn
    if known.request_hash != request_hash:
        raise Reused("idempotency_key_reused", "This Idempotency-Key was used for another request. Use a new one.")
    if known.status is not None:
        return Done(known.status, sealing.unseal_bytes(known.body_sealed or b"", to=_place(turn)))
    if known.begun_at > now - _PATIENCE:
        raise _under_way()
    known.turn, known.begun_at = turn.turn, now
    session.flush()
    return turn


def finish(session: Session, turn: Turn, done: Done) -> None:
    """Keep the answer, in the deed's own transaction. Raises UnderWay when another took over."""
    sealed = sealing.seal_bytes(done.body, to=_place(turn))
    kept = session.execute(update(ApiDeed).where(*_whose(turn)).values(status=done.status, body_sealed=sealed))
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise _under_way()


def give_up(session: Session, turn: Turn) -> None:
    """Forget that it was begun."""
    session.execute(delete(ApiDeed).where(*_whose(turn), ApiDeed.status.is_(None)))


def forget(session: Session, now: dt.datetime) -> None:
    """Forget answers that are no longer repeated."""
    session.execute(delete(ApiDeed).where(ApiDeed.begun_at < now - KEPT))


def _whose(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    return (
        ApiDeed.key_id == turn.key_id,
        ApiDeed.idempotency_key == turn.idempotency_key,
        ApiDeed.turn == turn.turn,
    )


def _place(turn: Turn) -> str:
    return f"api_deeds.body:{turn.key_id}:{turn.idempotency_key}"


def _under_way() -> UnderWay:
    return UnderWay("idempotency_key_in_use", "The same request is being worked on. Ask again in a moment.")
