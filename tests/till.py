"""A store whose orders are paid by card: the real service and a real card processor, on a clock that we turn."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bopis import sweeps, timeline, wiring
from bopis.app import create_app
from bopis.config import Settings
from bopis.drain import drain
from bopis.effects import Gateways, handlers
from bopis.merchants.models import Connection, Merchant
from bopis.payments.models import Authorisation
from bopis.pickups import actions, grants, loading
from bopis.pickups.models import Pickup
from bopis.ports import Account, Money
from bopis.stores.models import Store
from bopis.tasks import Task
from integrations.stripe import StripePayments
from tests.sandbox.running import Running
from tests.simulation.cards import Cards, open_account
from tests.simulation.outside import Clock, PhoneProvider, Shop
from tests.simulation.store import NobodyRings
from tests.world import SECRET_KEY, World

_ABOUT_MONEY = ("left_unpaid", "mark_paid")


@dataclass
class Till:
    """Fernhill with an account at the card processor. `clock.now` must be this clock already."""

    world: World
    running: Running
    clock: Clock
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shop, self.phone, self.database = Shop(self.clock), PhoneProvider(), self.world.database
        with self.database.transaction() as session:
            self.account: Account = open_account(session, self.world, self.settings)
        settings = Settings(
            "sqlite:////nowhere", "unix:///nowhere", (SECRET_KEY,), "http://localhost", "http://localhost"
        )
        payments = StripePayments(base_url=self.running.url)
        gateways = Gateways({"shopify": self.shop}, {"twilio": self.phone}, payments={"stripe": payments})
        self.service = wiring.Service(settings, self.database, gateways, handlers(gateways, settings.public_url))
        self.web: FlaskClient = create_app(self.service, NobodyRings()).test_client()
        self.cards = Cards(self.running, self.web, self.account)

    def order(self, order_id: str = "1", total: int | None = None, currency: str = "EUR", **changes: Any) -> None:
        """The shop's word on an order, not paid there, taken over."""
        about = {"paid": False, "total": Money(total, currency) if total is not None else None, **changes}
        self.shop.set(self.world.snapshot(order_id, **about))
        self.world.news(self.shop.orders[order_id])
        self.work()

    def lets_pay_here(self) -> None:
        """The merchant lets unpaid orders be loaded, and takes the money through this account."""
        self.chooses_for_the_shop(pay_here=self.account.connection_id)

    def chooses_for_the_shop(self, **settings: str) -> None:
        """The merchant chooses something for the shop."""
        with self.database.transaction() as session:
            shop = session.get_one(Connection, self.world.shop.connection_id)
            shop.settings = {**shop.settings, **settings}
        self.sees_the_shop()

    def sees_the_shop(self) -> None:
        """What was chosen for the shop counts for the orders that follow."""
        with self.database.reading() as session:
            self.world.shop = session.get_one(Connection, self.world.shop.connection_id).account()

    def link(self, pickup_id: str) -> str:
        """The path of a shopper's page."""
        with self.database.reading() as session:
            return f"/p/{session.get_one(Pickup, pickup_id).link_token()}"

    def page(self, pickup_id: str) -> str:
        """What a shopper's page says."""
        return html.unescape(self.web.get(self.link(pickup_id)).text)

    def begin_to_pay(self, pickup_id: str) -> str:
        """The shopper taps and waits for the page on which they pay; its address, empty where nothing is to be paid."""
        answer = self.web.post(f"{self.link(pickup_id)}/pay")
        assert answer.status_code == 303
        self.work()
        found = re.search(r"url=([^\"]+)\"", self.web.get(answer.location).text)
        return html.unescape(found[1]) if found else ""

    def pay_page(self, pickup_id: str) -> str:
        """The shopper pays there, and is on the way back to the address this returns."""
        answer = requests.post(self.begin_to_pay(pickup_id), timeout=10, allow_redirects=False)
        assert answer.status_code == 303
        return answer.headers["Location"].removeprefix("http://localhost")

    def back_of(self, pickup_id: str) -> str:
        """The way back from the page on which a pickup is paid now."""
        return str(self.pages()[-1]["success_url"]).removeprefix("http://localhost")

    def pages(self) -> list[dict[str, Any]]:
        """Every page the processor opened, oldest first."""
        return list(self.running.get("/cards/api/checkouts")["checkouts"])

    def deed(self, pickup_id: str, action: Callable[[Session, Pickup, dt.datetime], None]) -> None:
        """Something done to a pickup, and what follows."""
        with self.database.transaction() as session:
            action(session, session.get_one(Pickup, pickup_id), self.clock.now())
        self.work()

    def reasons(self, pickup_id: str, what: str) -> list[tuple[str, str]]:
        """Sum and reason of each entry of this kind on a timeline."""
        with self.database.reading() as session:
            told = timeline.entries(session, pickup_id)
            return [(each.detail["sum"], each.detail.get("reason", "")) for each in told if each.what == what]

    def fee(self, pickup_id: str) -> int | None:
        """What is to be paid for a pickup's storage now."""
        with self.database.reading() as session:
            return session.get_one(Pickup, pickup_id).fee_due

    def grant(self, pickup_id: str) -> str:
        """The state of a pickup's grant."""
        with self.database.reading() as session:
            found = grants.open_grant(session, pickup_id)
            return found.state if found else "closed"

    def texts(self) -> list[str]:
        """What the shoppers were texted."""
        return list(self.phone.texts)

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
        self.cards.deliver(dice)
        self.work()

    def event(self, body: bytes, headers: dict[str, str], connection_id: str = "") -> int:
        """Post one event; the status."""
        return self.cards.event(body, headers, connection_id)

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

    def hand_over_ready(self, pickup_id: str) -> None:
        """From the counter into the shopper's hands."""
        self.world.staff(pickup_id, loading.hand_over)
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
            return [
                (each.kind, each.reason)
                for each in found
                if each.kind in _ABOUT_MONEY or each.kind.startswith("money_")
            ]


def charge(till: Till, **changes: Any) -> None:
    """Fernhill asks for 2.00 EUR a day after a free day, 5.00 EUR at most."""
    terms = {
        "amount": 200,
        "currency": "EUR",
        "per": "day",
        "free_hours": 24,
        "cap": 500,
        "account": till.account.connection_id,
    }
    with till.database.transaction() as session:
        session.execute(update(Merchant).values(storage_fee=terms | changes))
        session.execute(update(Store).values(hold_hours=24 * 7))
