"""The service's webhook address, and the pretend shop that posts to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.config import Settings
from bopis.drain import drain
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.pickups.models import Pickup
from bopis.sweeps import sweep
from bopis.tasks import Task
from tests.sandbox.running import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DOMAIN,
    SENDER,
    TOKEN,
    Running,
    running_sandbox,
)
from tests.world import SECRET_KEY, World, build

_numbers = count(1)


@dataclass
class Door:
    """The service's webhook address, and the shop that posts to it."""

    service: wiring.Service
    world: World
    shop: Running
    client: FlaskClient

    def deliver(
        self,
        body: Any,
        *,
        topic: str = "orders/paid",
        delivery: str = "d1",
        secret: str = CLIENT_SECRET,
        raw: bytes | None = None,
    ) -> TestResponse:
        data = raw if raw is not None else json.dumps(body).encode()
        digest = hmac.new(secret.encode(), data, hashlib.sha256).digest()
        return self.client.post(
            f"/webhooks/shopify/{self.world.shop.connection_id}",
            data=data,
            content_type="application/json",
            headers={
                "X-Shopify-Topic": topic,
                "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
                "X-Shopify-Shop-Domain": DOMAIN,
                "X-Shopify-Webhook-Id": delivery,
                "X-Shopify-API-Version": "2026-10",
                "X-Shopify-Triggered-At": "2026-11-22T12:00:00.123456789Z",
            },
        )

    def work(self) -> None:
        """Everything that is due."""
        drain(self.service)

    def count(self, table: Any) -> int:
        with self.service.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def entry(self) -> InboxEntry:
        with self.service.database.reading() as session:
            return session.scalars(select(InboxEntry)).one()

    def tasks(self) -> list[str]:
        with self.service.database.reading() as session:
            return sorted(session.scalars(select(Task.kind).where(Task.settled_at.is_(None))))

    def news(self, order_id: str, topic: str = "orders/updated") -> None:
        """One more delivery about an order, worked off with all that follows from it."""
        self.deliver({**order_body(order_id), "note": next(_numbers)}, topic=topic, delivery=f"n{next(_numbers)}")
        self.work()

    def round(self) -> None:
        """What the relay does when its time comes: sweeps and works until nothing is due."""
        self.work()
        while sweep(self.service.database, clock.now()):
            self.work()

    def order(self, *skus: str, **more: Any) -> str:
        """An order placed in the shop and taken over; its id there."""
        order_id = self.shop.order(*skus, **more)
        self.news(order_id, "orders/create")
        return order_id

    def change(self, order_id: str, do: str, **wanted: Any) -> None:
        """Something the merchant does to an order, and the news of it."""
        self.shop.change(order_id, do, **wanted)
        self.news(order_id)

    def pickups(self) -> list[Pickup]:
        """Detached, oldest first, with their orders loaded."""
        with self.service.database.reading() as session:
            found = list(session.scalars(select(Pickup).order_by(Pickup.created_at, Pickup.id)))
            for pickup in found:
                pickup.order.phone()
                [place.compartment for place in pickup.placements]
            return found

    def pickup(self) -> Pickup:
        """The only one there is."""
        (found,) = self.pickups()
        return found

    def load(self) -> str:
        """The only pickup loaded by Ada, and all that follows worked off; its id."""
        pickup_id = self.pickup().id
        self.world.load(pickup_id)
        self.work()
        return pickup_id

    def connection(self) -> Connection:
        """The shop's connection as it is now."""
        with self.service.database.reading() as session:
            return session.get_one(Connection, self.world.shop.connection_id)

    def reason(self, kind: str) -> str:
        """The words of the open task of a kind."""
        with self.service.database.reading() as session:
            return session.scalars(select(Task.reason).where(Task.kind == kind, Task.settled_at.is_(None))).one()


@contextmanager
def open_door(database_url: str, redis_url: str, **sandbox: Any) -> Iterator[Door]:
    """A door on a fresh database, Fernhill's connection leading to a pretend shop of its own."""
    with running_sandbox(**sandbox) as shop:
        settings = Settings(
            database_url,
            redis_url,
            (SECRET_KEY,),
            "http://web.test",
            "http://bridges.test",
            shopify_url=shop.url,
            twilio_url=shop.url,
            shopify_client_id=CLIENT_ID,
            shopify_client_secrets=(CLIENT_SECRET,),
        )
        service = wiring.build(settings)
        world = build(database_url)
        with service.database.transaction() as session:
            connection = session.get_one(Connection, world.shop.connection_id)
            connection.account_name = DOMAIN
            connection.keep_secrets({"access_token": TOKEN, "client_secret": CLIENT_SECRET})
            provider = session.get_one(Connection, world.phone.connection_id)
            provider.account_name, provider.settings = ACCOUNT_SID, {"from": SENDER}
            provider.keep_secrets({"auth_token": AUTH_TOKEN})
        yield Door(service, world, shop, app.create_app(service, BankListener(redis_url)).test_client())
        service.database.close()
        world.database.close()


def order_body(order_id: str) -> dict[str, Any]:
    return {"id": int(order_id), "admin_graphql_api_id": f"gid://shopify/Order/{order_id}", "name": "#1001"}
