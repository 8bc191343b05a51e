"""A store whose orders are paid by card: the real service and a real card processor, on a clock that we turn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from bopis import sweeps, timeline, wiring
from bopis.app import create_app
from bopis.config import Settings
from bopis.drain import drain
from bopis.effects import Gateways, handlers
from bopis.merchants.models import Connection
from bopis.payments.models import Authorisation
from bopis.pickups import actions, loading
from bopis.pickups.models import Pickup
from bopis.ports import Account, Money
from bopis.tasks import Task
from integrations.stripe import StripePayments
from tests.sandbox.running import CARDS_KEY, CARDS_WEBHOOK_SECRET, Running
from tests.simulation.outside import Clock, PhoneProvider, Shop
from tests.simulation.store import NobodyRings
from tests.world import SECRET_KEY, World, _connection


@dataclass
class Till:
    """Fernhill with an account at the card processor. `clock.now` must be this clock already."""

    world: World
    running: Running
    clock: Clock
    settings: dict[str, str] = field(default_factory=dict)
    delivered: int = 0

    def __post_init__(self) -> None:
        self.shop, self.database = Shop(self.clock), self.world.database
        with self.database.transaction() as session:
            secrets = {"secret_key": CARDS_KEY, "webhook_secret": CARDS_WEBHOOK_SECRET}
            self.account: Account = _connection(session, self.world, "stripe", "acct_fernhill", self.settings, secrets)
        settings = Settings(
            "sqlite:////nowhere", "unix:///nowhere", (SECRET_KEY,), "http://localhost", "http://localhost"
        )
        payments = StripePayments(base_url=self.running.url)
        gateways = Gateways({"shopify": self.shop}, {"twilio": PhoneProvider()}, payments={"stripe": payments})
        self.service = wiring.Service(settings, self.database, gateways, handlers(gateways, settings.public_url))
        self.web: FlaskClient = create_app(self.service, NobodyRings()).test_client()

    def order(self, order_id: str = "1", total: int | None = None, currency: str = "EUR", **changes: Any) -> None:
        """The shop's word on an order, not paid there, taken over."""
        about = {"paid": False, "total": Money(total, currency) if total is not None else None, **changes}
        self.shop.set(self.world.snapshot(order_id, **about))
        self.world.news(self.shop.orders[order_id])
        self.work()

    def pay(self, amount: int = 2000, currency: str = "eur", order_id: str = "1", **more: Any) -> str:
        """The shopper's card is authorised in the shop's checkout, and we hear of it."""
        reference = self.running.pay(amount, currency, order_id=order_id, **more)
        self.hear()
        return reference

    def bought(self, order_id: str = "1", amount: int = 2000, **changes: Any) -> str:
        """An order with its payment; its pickup's id."""
        self.order(order_id, **changes)
        self.pay(amount, order_id=order_id)
        return self.pickup(order_id)

    def hear(self, dice: random.Random | None = None) -> None:
        """What the processor told meanwhile is delivered; shuffled and in part twice, where there are dice."""
        assert self.running.sandbox.cards is not None
        events = self.running.sandbox.cards.events
        fresh = events.sent[self.delivered :]
        self.delivered += len(fresh)
        if dice is not None:
            fresh = fresh + [each for each in fresh if dice.random() < 0.3]
            dice.shuffle(fresh)
        for sent in fresh:
            answer = self.event(sent.body, {"Stripe-Signature": events.signature(sent.body)})
            assert answer in (200, 202)
        self.work()

    def event(self, body: bytes, headers: dict[str, str], connection_id: str = "") -> int:
        """Post one event; the status."""
        path = f"/payments/stripe/{connection_id or self.account.connection_id}"
        return self.web.post(path, data=body, headers=headers).status_code

    def work(self) -> None:
        """The worker works off what is due."""
        while drain(self.service):
            pass

    def pass_by(self, seconds: float) -> None:
        """Time passes; whatever it brings is done."""
        self.clock.pass_by(seconds)
        sweeps.sweep(self.database, self.clock.now())
        self.work()

    def pickup(self, order_id: str = "1") -> str:
        with self.database.reading() as session:
            mine = Pickup.merchant_id == self.world.merchant_id
            return session.scalars(select(Pickup.id).where(mine, Pickup.unit_id == f"unit-{order_id}")).one()

    def collect(self, pickup_id: str) -> None:
        """The goods are handed over."""
        with self.database.transaction() as session:
            pickup = self.world.pickup(session, pickup_id)
            actions.make_collected(session, pickup, self.clock.now(), actor="system")
        self.work()

    def hand_over(self, pickup_id: str) -> None:
        """Set aside at the counter, and from there into the shopper's hands."""
        for action in (loading.set_aside, loading.hand_over):
            self.world.staff(pickup_id, action)
        self.work()

    def bring_back(self, pickup_id: str) -> None:
        """The goods are back with the store."""
        with self.database.transaction() as session:
            pickup = self.world.pickup(session, pickup_id)
            actions.move(session, pickup, "returned", actor="system", now=self.clock.now())
        self.work()

    def call_off(self, pickup_id: str) -> None:
        with self.database.transaction() as session:
            pickup = self.world.pickup(session, pickup_id)
            actions.cancel(session, pickup, self.clock.now(), actor="platform", reason="cancelled_on_platform")
        self.work()

    def choose(self, **settings: str) -> None:
        """The merchant chooses when money is taken."""
        with self.database.transaction() as session:
            connection = session.get_one(Connection, self.account.connection_id)
            connection.settings = {**connection.settings, **settings}

    def ledger(self) -> list[tuple[str, int, int]]:
        """State, captured and refunded of each payment, oldest first."""
        with self.database.reading() as session:
            found = session.scalars(select(Authorisation).order_by(Authorisation.id))
            return [(each.state, each.captured, each.refunded) for each in found]

    def told(self, pickup_id: str) -> list[tuple[str, int]]:
        """What a pickup's timeline says of money: what, and how much."""
        with self.database.reading() as session:
            said = timeline.entries(session, pickup_id)
            assert timeline.first_break(said) is None
            return [(each.what, each.detail["amount"]) for each in said if each.what.startswith("money_")]

    def tasks(self) -> list[tuple[str, str]]:
        """Kind and reason of each open task about money."""
        with self.database.reading() as session:
            found = session.scalars(select(Task).where(Task.settled_at.is_(None)).order_by(Task.created_at))
            return [(each.kind, each.reason) for each in found if each.kind.startswith("money_")]
