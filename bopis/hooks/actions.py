"""Endpoints made, changed, turned off and on; and what was given up sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from bopis import outbox, tasks
from bopis.bell import WorkToDo
from bopis.db import ring_after_commit
from bopis.errors import Conflict, Invalid
from bopis.hooks import announcing
from bopis.hooks.catalogue import EVENTS
from bopis.hooks.models import HookEndpoint
from bopis.hooks.queries import its, of_merchant
from bopis.ids import new_id
from bopis.messages import SendTestHook
from bopis.outbox import OutboxEntry

MOST = 20
"""Endpoints of one merchant."""
_WHY = {
    "failing": "It has failed for five days in a row and is told nothing more.",
    "gone": "It answered that it is gone for good and is told nothing more.",
}


def add(
    session: Session, merchant_id: str, url: str, events: Sequence[str], now: dt.datetime
) -> tuple[HookEndpoint, str]:
    """A new endpoint and its secret, to be shown once. `url` was checked. Raises Invalid or Conflict."""
    there = of_merchant(session, merchant_id)
    if any(endpoint.url == url for endpoint in there):
        raise Conflict("known_endpoint", "This address is there already.")
    if len(there) >= MOST:
        raise Conflict("too_many_endpoints", f"There are {MOST} addresses already, which is the most.")
    endpoint = HookEndpoint(
        id=new_id(), merchant_id=merchant_id, url=url, events=_known(events), created_at=now, secrets_sealed=b""
    )
    secret = endpoint.new_secret(now)
    session.add(endpoint)
    session.flush()
    announcing.forget(session)
    return endpoint, secret


def listen_to(endpoint: HookEndpoint, events: Sequence[str]) -> None:
    """Tell it of these events from now on; of all, with none named. Raises Invalid."""
    endpoint.events = _known(events)


def remove(session: Session, endpoint: HookEndpoint, now: dt.datetime, *, actor: str) -> None:
    """Forget an endpoint; what still waits for it is not sent."""
    tasks.settle(session, "endpoint_off", endpoint.id, actor=actor, now=now)
    session.delete(endpoint)
    session.flush()
    announcing.forget(session)


def turn_off(session: Session, endpoint: HookEndpoint, because: str, now: dt.datetime) -> None:
    """Send nothing there any more; a person is asked unless it was one's wish. `because`: person, failing, gone."""
    endpoint.off_at, endpoint.off_because = endpoint.off_at or now, because
    session.flush()
    announcing.forget(session)
    if because in _WHY:
        tasks.ask(
            session,
            "endpoint_off",
            endpoint.id,
            merchant_id=endpoint.merchant_id,
            store_id=None,
            reason=_WHY[because],
            now=now,
        )


def turn_on(session: Session, endpoint: HookEndpoint, now: dt.datetime, *, actor: str) -> int:
    """Send there again, first what was given up meanwhile; how many that are."""
    endpoint.off_at, endpoint.off_because, endpoint.failing_since, endpoint.failure = None, "", None, ""
    session.flush()
    announcing.forget(session)
    tasks.settle(session, "endpoint_off", endpoint.id, actor=actor, now=now)
    return send_again(session, endpoint, now)


def send_again(session: Session, endpoint: HookEndpoint, now: dt.datetime) -> int:
    """Try everything again that was given up on its way there; how many that are."""
    again = update(OutboxEntry).where(*its(endpoint, "dead"))
    values = {"state": "waiting", "attempts": 0, "next_at": now, "lease_until": None}
    count: int = session.execute(  # type: ignore[attr-defined]
        again.values(**values).execution_options(synchronize_session=False)
    ).rowcount
    if count:
        ring_after_commit(session, WorkToDo())
    return count


def send_test(session: Session, endpoint: HookEndpoint, now: dt.datetime) -> None:
    """Send it a message that says only that it is one."""
    outbox.put(session, SendTestHook(endpoint.id, now.isoformat()), now, merchant_id=endpoint.merchant_id)


def _known(events: Sequence[str]) -> list[str]:
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise Invalid("unknown_event", "There is no such event. Choose from the list.")
    return [event for event in EVENTS if event in events]
