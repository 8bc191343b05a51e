from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from bopis import clock, tasks, wiring
from bopis.bell import SilentBell
from bopis.config import Settings
from bopis.drain import drain
from bopis.hooks import actions
from bopis.hooks.models import HookEndpoint
from bopis.hooks.queries import KINDS
from bopis.outbox import OutboxEntry
from tests.sandbox.running import Got, Receiver, receiver
from tests.world import SECRET_KEY, World


@dataclass
class Listener:
    """Fernhill's service, an endpoint of Fernhill's, and the server behind it."""

    service: wiring.Service
    world: World
    server: Receiver
    endpoint_id: str = ""
    secret: str = ""

    def listen(self, *events: str) -> None:
        with self.service.database.transaction() as session:
            made, self.secret = actions.add(session, self.world.merchant_id, self.server.url, events, clock.now())
            self.endpoint_id = made.id

    def drain(self) -> None:
        drain(self.service)

    def got(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.server.got]

    def types(self) -> list[str]:
        return [each["type"] for each in self.got()]

    def headers(self) -> list[dict[str, str]]:
        return [{name.lower(): value for name, value in each.headers.items()} for each in self.server.got]

    @property
    def last(self) -> Got:
        return self.server.got[-1]

    def endpoint(self) -> HookEndpoint:
        with self.service.database.reading() as session:
            return session.get_one(HookEndpoint, self.endpoint_id)

    def states(self) -> list[str]:
        with self.service.database.reading() as session:
            mine = select(OutboxEntry.state).where(OutboxEntry.kind.in_(KINDS)).order_by(OutboxEntry.id)
            return list(session.scalars(mine))

    def is_asked(self) -> bool:
        with self.service.database.reading() as session:
            return tasks.is_open(session, "endpoint_off", self.endpoint_id)

    def do(self, action: Any, *more: Any, **named: Any) -> Any:
        """One of `hooks.actions` about the endpoint."""
        with self.service.database.transaction() as session:
            return action(session, session.get_one(HookEndpoint, self.endpoint_id), *more, clock.now(), **named)


@pytest.fixture
def listener(world: World, database_url: str, redis_url: str) -> Iterator[Listener]:
    settings = Settings(
        database_url, redis_url, (SECRET_KEY,), "http://web.test", "http://bridges.test", private_urls=True
    )
    service = wiring.build(settings, SilentBell())
    world.database, before = service.database, world.database
    with receiver() as server:
        yield Listener(service, world, server)
    service.database.close()
    world.database = before


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves our clock."""
    real, ahead = clock.now, [dt.timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def move(**by: float) -> None:
        ahead[0] += dt.timedelta(**by)

    return move
