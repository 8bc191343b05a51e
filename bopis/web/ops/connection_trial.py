"""A test of a connection's address, asked for and told of in words: what came of it, and what to do where it failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import BopisError, NotFound
from bopis.merchants import testing
from bopis.merchants.models import DeliveryTest
from bopis.ports import Platform
from bopis.web.associate.guard import wants_page
from bopis.web.ops.common import done
from bopis.web.ops.connection_common import mine, note

_LOOKS = {"believed": "good", "answers": "info", "not_asked": "warn"}
_OPERATOR = "For whoever runs this service:"
_WHAT = {
    "answers": "The address answers. Only {title} can sign, and it sends nothing when it is asked.",
    "refused": "It came in, but its signature was not believed.",
    "redirected": "The address sends its callers on to {detail}, and no shop follows.",
    "shut": "The address lets nobody in without a sign-in ({detail}).",
    "elsewhere": "Something else answers at {host} ({detail}): the test did not reach us.",
    "failing": "The address answers {detail}: what stands behind it is not well.",
    "bad_certificate": "{host} shows a certificate that is not trusted.",
    "not_reached": "Nothing answers at {host}.",
    "no_answer": "{host} took the test and did not answer in time.",
    "not_asked": "No test could be sent: {detail}.",
}
_WAYS_OUT = {
    "answers": "Save an order there: “Last told us something” moves within a minute.",
    "refused": "Type the secret in anew below. If it is right, something on the way changes what is sent: the proxy "
    "has to pass headers and body on as they are, and PUBLIC_URL has to be the very address the shop calls.",
    "redirected": f"{_OPERATOR} set PUBLIC_URL to where it leads, or let the proxy serve /webhooks/ there itself.",
    "shut": f"{_OPERATOR} let the proxy pass /webhooks/ through. What comes there is signed.",
    "elsewhere": f"{_OPERATOR} let the proxy pass /webhooks/ on to this service, and check PUBLIC_URL.",
    "failing": f"{_OPERATOR} see whether the service runs, and whether the proxy reaches it.",
    "bad_certificate": f"{_OPERATOR} renew it, and serve it with its whole chain.",
    "not_reached": f"{_OPERATOR} check the name in PUBLIC_URL, the proxy, and the firewall before it.",
    "no_answer": f"{_OPERATOR} see whether the service is overloaded, or the proxy waits for it in vain.",
    "lost": "The worker that sends it may be down or busy. Send another in a while.",
}


@dataclass(frozen=True)
class TrialView:
    """The last test. `look` is good, info, warn or bad; `waits` while something may come of it any moment."""

    look: str
    words: str
    way_out: str = ""
    waits: bool = False


def view_of(
    test: DeliveryTest | None, title: str, url: str, now: dt.datetime, stamp: Callable[[dt.datetime], str]
) -> TrialView | None:
    """What came of the last test, for people; None where there was none."""
    if test is None:
        return None
    if test.came_at is not None:
        return _came(test, stamp(test.came_at))
    if test.ended_at is None:
        waits = testing.is_on_its_way(test, now)
        words = f"Sent at {stamp(test.asked_at)}, not yet arrived."
        return TrialView("info" if waits else "warn", words, "" if waits else _WAYS_OUT["lost"], waits)
    if test.outcome == "believed":
        return TrialView("good", f"A test from {title} came in at {stamp(test.ended_at)} and was believed.")
    said = {"title": title, "host": urlsplit(url).netloc, "detail": test.detail.rstrip(".") or "another address"}
    words = f"{stamp(test.ended_at)}: {_WHAT[test.outcome].format(**said)}"
    return TrialView(_LOOKS.get(test.outcome, "bad"), words, _WAYS_OUT.get(test.outcome, ""))


def _came(test: DeliveryTest, at: str) -> TrialView:
    words = f"A test came in at {at} and was believed."
    if test.outcome in ("", "believed"):
        return TrialView("good", words)
    lost = "But our answer did not come back to whoever sent it, so that a shop would send everything again."
    return TrialView("warn", f"{words} {lost}", _WAYS_OUT.get(test.outcome, ""))


def add(
    routes: Blueprint,
    database: Database,
    platforms: Mapping[str, Platform],
    show: Callable[[str, BopisError], Response],
) -> None:
    """`POST /ops/connections/<id>/test`."""

    @routes.post("/connections/<connection_id>/test")
    def send_test(connection_id: str) -> BaseResponse:
        try:
            with database.transaction() as session:
                _ask(session, connection_id, platforms)
        except BopisError as problem:
            if not wants_page() or isinstance(problem, NotFound):
                raise
            return show(connection_id, problem)
        return done("ops.connection", connection_id=connection_id, _anchor="test")


def _ask(session: Session, connection_id: str, platforms: Mapping[str, Platform]) -> None:
    connection = mine(session, connection_id)
    if connection.vendor not in platforms:
        raise NotFound("no_platform", "Nothing is tested for this connection: it sends no orders.")
    testing.ask(session, connection.id, clock.now())
    note(session, connection, "test", None, "sent")
