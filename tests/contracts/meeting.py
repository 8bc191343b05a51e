"""The service and a pretend shop, connected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.drain import drain
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from bopis.ports import Account, Platform
from bopis.stores.models import LocationMapping
from bopis.sweeps import sweep
from bopis.tasks import Task
from tests.contracts.shop import Sent, Shop
from tests.sandbox.running import served
from tests.world import SECRET_KEY, World, build


@dataclass
class Meeting:
    """The service and the shop, connected."""

    service: wiring.Service
    world: World
    shop: Shop
    client: FlaskClient

    @property
    def platform(self) -> Platform:
        """The platform as the service calls it."""
        return self.service.gateways.platforms[self.shop.vendor]

    def account(self) -> Account:
        with self.service.database.reading() as session:
            return session.get_one(Connection, self.world.shop.connection_id).account()

    def watch(self) -> None:
        """It is followed from now on, and is due at once."""
        with self.service.database.transaction() as session:
            session.get_one(Connection, self.world.shop.connection_id).watch(clock.now())

    def deliver(self, sent: Sent) -> TestResponse:
        path = f"/webhooks/{self.shop.vendor}/{self.world.shop.connection_id}"
        return self.client.post(path, data=sent.body, headers=dict(sent.headers), content_type="application/json")

    def news(self, order_id: str, what: str = "changed") -> None:
        """A delivery, thanked for and worked off."""
        assert self.deliver(self.shop.news(order_id, what)).status_code in (200, 202)
        drain(self.service)

    def order(self, **more: Any) -> str:
        """An order placed and taken over."""
        order_id = self.shop.place(**more)
        self.news(order_id, "placed")
        return order_id

    def round(self) -> None:
        """Everything that is due, sweeps too."""
        drain(self.service)
        while sweep(self.service.database, clock.now()):
            drain(self.service)

    def load(self) -> str:
        """The only pickup loaded, and what follows; its id."""
        (pickup,) = self.pickups()
        self.world.load(pickup.id)
        drain(self.service)
        return str(pickup.id)

    def collect(self) -> None:
        """The shopper opens the only pickup's door, takes the goods and shuts it; and what follows."""
        (pickup,) = self.pickups()
        with self.service.database.reading() as session:
            (place,) = session.get_one(Pickup, pickup.id).found_at()
            assert place.compartment is not None
            told = {"door": place.compartment.number, "cause": "grant", "placement": place.id, "command": None}
        self.world.device(("door_opened", told), ("door_shut", {**told, "item": "absent"}))
        drain(self.service)

    def texts(self) -> list[str]:
        """What shoppers were to be told, by template, a message each."""
        with self.service.database.reading() as session:
            asked = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper"))
            return sorted(entry.fields["template"] for entry in asked)

    def pickups(self) -> list[Pickup]:
        with self.service.database.reading() as session:
            return list(session.scalars(select(Pickup).order_by(Pickup.created_at, Pickup.id)))

    def states(self) -> list[str]:
        return [pickup.state for pickup in self.pickups()]

    def entries(self) -> list[InboxEntry]:
        with self.service.database.reading() as session:
            return list(session.scalars(select(InboxEntry).order_by(InboxEntry.received_at, InboxEntry.id)))

    def tasks(self) -> set[str]:
        with self.service.database.reading() as session:
            return set(session.scalars(select(Task.kind).where(Task.settled_at.is_(None)))) - {"text_failed"}

    def forget_locations(self) -> None:
        with self.service.database.transaction() as session:
            for mapping in session.scalars(
                select(LocationMapping).where(LocationMapping.connection_id == self.world.shop.connection_id)
            ):
                session.delete(mapping)


@contextmanager
def met(shop: Shop, database_url: str, redis_url: str) -> Iterator[Meeting]:
    """They meet, on a fresh database; nobody outside reaches the service."""
    settings = Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", "http://bridges.test")
    service = wiring.build(replace(settings, **shop.settings))
    world = build(database_url)
    with service.database.transaction() as session:
        connection = session.get_one(Connection, world.shop.connection_id)
        connection.vendor, connection.account_name = shop.vendor, shop.account_name
        connection.keep_secrets(dict(shop.secrets))
        connection.settings = dict(shop.account_settings)
    try:
        yield Meeting(service, world, shop, app.create_app(service, BankListener(redis_url)).test_client())
    finally:
        service.database.close()
        world.database.close()


@contextmanager
def within_reach(meeting: Meeting) -> Iterator[Meeting]:
    """The same meeting where the service's public address leads to it."""
    apps: list[Any] = []
    with served(lambda environ, start: apps[0](environ, start)) as url:  # noqa: PLW0108
        service = wiring.build(replace(meeting.service.settings, public_url=url))
        apps.append(app.create_app(service, BankListener(service.settings.redis_url)))
        try:
            yield replace(meeting, service=service)
        finally:
            service.database.close()
