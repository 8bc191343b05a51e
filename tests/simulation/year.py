"""A store's year on a virtual clock: orders come, are loaded, fetched, forgotten, called off; people say that they are
coming or need more time; the line breaks, clocks jump, the relay sleeps, and providers time out, half of them having
done as asked.

The clock steps from one thing to the next: what people do on the hour, a shopper's coming, whatever the service has
noted to be due.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unittest import mock
from zoneinfo import ZoneInfo

from bopis.merchants.models import Connection, Merchant
from bopis.ports import Money
from integrations.stripe import StripePayments
from tests.sandbox.running import Running
from tests.simulation.cards import Cards, open_account
from tests.simulation.machine import FreshDatabase, StoreMachine, _lines
from tests.simulation.outside import Clock
from tests.simulation.year_people import OF_LISTED, People
from tests.simulation.year_truth import Truth

ZONE = ZoneInfo("America/New_York")
SIZES = ["S", "S", "S", "M", "M", "L", "XL", "no door"]
REGRETTED = 9
"""One in so many orders is called off in the hour in which it is made."""
ROUND = 300
"""Seconds between two rounds of the relay: what comes due within one is done together."""
MOST_IN_AN_HOUR = 400
"""Things due in one hour: more mean that something is due again and again."""
DUE = """
SELECT min(at) AS at FROM (
    SELECT min(due_at) AS at FROM pickups WHERE due_at IS NOT NULL
    UNION ALL SELECT min(next_at) FROM outbox WHERE state = 'waiting'
    UNION ALL SELECT min(next_at) FROM inbox WHERE state = 'waiting'
    UNION ALL SELECT min(audit_at) FROM banks
) AS ahead
"""


def _quick_verifier(bank_key: bytes, grant_id: str, version: int, secret: str, salt: bytes) -> bytes:
    """Nobody types a code at these doors, so nobody need take 32 ms over each."""
    return hashlib.sha256(bank_key + salt + f"{grant_id}{version}{secret}".encode()).digest()


@dataclass(frozen=True)
class Weather:
    """How rough a life is: chances of each hour, but where it says otherwise."""

    orders_a_day: float = 5.0
    by_card: float = 0.35
    """Of an order: that its money is only held, by the card processor."""
    lapses_soon: float = 0.1
    """Of such money: that it is held for three days, not for seven."""
    line_breaks: float = 0.01
    line_is_back: float = 0.15
    clock_leaps: float = 0.03
    relay_sleeps: float = 0.03
    door_sticks: float = 0.003
    calls_off: float = 0.01
    holding: tuple[tuple[str, int], ...] = ()
    """The merchant's rules, where they are not the usual ones."""


@dataclass
class Year:
    """One life of a store, drawn from a seed. The sandbox's `running` clock must be `clock`."""

    database: FreshDatabase
    running: Running
    clock: Clock
    seed: int
    weather: Weather = Weather()

    def __post_init__(self) -> None:
        self.drawn = random.Random(self.seed)
        self.happened: Counter[str] = Counter()
        self.machine = StoreMachine(self.database, self.clock, {"stripe": StripePayments(base_url=self.running.url)})
        self.patch = mock.patch("firmware_bridge.protocol.codes.verifier", _quick_verifier)
        self.patch.start()
        self.store = self.machine.store
        self.hour = self.clock.now()
        """What the clock on everybody's wrist shows; the service's may be wrong."""
        self.line_is_up = True
        self.until: dict[str, float] = {}
        self.orders = 0
        self.people = People(self)
        self._open()
        self.truth = Truth(self)

    def _open(self) -> None:
        with self.store.world.database.transaction() as session:
            account = open_account(session, self.store.world, {})
            merchant = session.get_one(Merchant, self.store.world.merchant_id)
            merchant.holding = dict(self.weather.holding)
        self.cards = Cards(self.running, self.store.web, account)
        self.running.post("/cards/api/behaviour", {"timeouts": 0.2, "seed": self.seed})

    def live(self, days: int, *, after: int = 12) -> None:
        """So many days with orders, then as many as it takes for everything to end, at most `after`."""
        try:
            for day in range(days):
                self.a_day(day, orders=True)
            for day in range(days, days + after):
                if not self.truth.open():
                    break
                self.a_day(day, orders=False)
            self.line_is_up = True
            for _ in range(36):
                self.an_hour(orders=False)
            self.truth.at_the_end()
        finally:
            self.close()

    def close(self) -> None:
        self.store.close()
        self.machine.database.__exit__(None, None, None)
        self.machine.patch.stop()
        self.patch.stop()

    def a_day(self, day: int, *, orders: bool) -> None:
        began = self.hour.astimezone(ZONE).utcoffset()
        self.merchant_decides("loaded" if day % 7 in (1, 2, 3) else "collected")
        for _ in range(24):
            self.an_hour(orders=orders)
        if self.hour.astimezone(ZONE).utcoffset() != began:
            self.happened["clocks_changed"] += 1
        self.truth.of_a_day(day)

    def merchant_decides(self, moment: str) -> None:
        """When money that is held is taken."""
        with self.store.world.database.transaction() as session:
            session.get_one(Connection, self.cards.account.connection_id).settings = {"capture_at": moment}

    def strikes(self, mishap: str, chance: float) -> bool:
        """Whether this is the hour of a mishap of such a chance an hour: as rare as that, and never quite forgotten."""
        left = self.until.get(mishap, self.drawn.uniform(0.2, 1) / chance) - 1
        self.until[mishap] = left if left > 0 else self.drawn.uniform(0.2, 1.8) / chance
        self.happened[mishap] += left <= 0
        return left <= 0

    # An hour.

    def an_hour(self, *, orders: bool) -> None:
        self.hour += dt.timedelta(hours=1)
        self.time_passes()
        self.the_line(calm=not orders)
        if orders and self.strikes("door_stuck", self.weather.door_sticks):
            self.store.bank.doors[self.drawn.randint(1, 6)].stuck = True
        local = self.hour.astimezone(ZONE)
        if orders and 8 <= local.hour < 22 and self.drawn.random() < self.weather.orders_a_day / 14:
            self.someone_orders()
        if orders and self.strikes("called_off", self.weather.calls_off):
            self.someone_calls_off()
        if self.store.shop.news:
            self.news_arrive()
            self.connect()
        is_open = 9 <= local.hour < 18
        if 7 <= local.hour < 23:
            self.people.say()
        if self.people.act(is_open=is_open, staff=is_open and self.line_is_up):
            self.connect()

    def time_passes(self) -> None:
        """What comes due is done when it is due, unless the relay sleeps."""
        leap = 5400 * self.strikes("clock_ahead", self.weather.clock_leaps)
        leap -= 1200 * self.strikes("clock_back", self.weather.clock_leaps)
        until = self.hour + dt.timedelta(seconds=leap)
        if not self.strikes("relay_slept", self.weather.relay_sleeps):
            for at in self.things_before(until):
                self.clock.put(at)
                came = self.people.come(is_open=False)
                self.connect(bridge=came or self.store.bank.is_silent())
        self.clock.put(until)

    def things_before(self, until: dt.datetime) -> Iterator[dt.datetime]:
        for _ in range(MOST_IN_AN_HOUR):
            (row,) = self.store.rows(DUE)
            due = [dt.datetime.fromtimestamp(row["at"], dt.UTC)] if row["at"] else []
            now = self.clock.now()
            at = min([*due, *self.people.arrivals(now)], default=until)
            at = max(at, now)
            at += dt.timedelta(seconds=-at.timestamp() % ROUND)
            if at >= until:
                return
            yield at
        raise AssertionError("something is due again and again")

    def connect(self, *, bridge: bool = True) -> None:
        """Whatever is due is done, and the lockers speak to the service if there is a line."""
        while bridge and self.line_is_up:
            self.store.bank.sync()
            if not self.store.bank.pending:
                break
        self.cards.deliver(self.drawn)
        self.store.work()
        if self.store.sweep():
            self.store.work()
        self.truth.of_a_moment()

    def news_arrive(self) -> None:
        while self.store.shop.news:
            self.store.deliver(*self.store.shop.news.pop(0))

    def the_line(self, *, calm: bool) -> None:
        """It breaks, or is back."""
        if not self.line_is_up:
            self.line_is_up = self.drawn.random() < self.weather.line_is_back
        elif not calm:
            self.line_is_up = not self.strikes("line_broke", self.weather.line_breaks)

    def someone_orders(self) -> None:
        """Paid in the shop or by card; of some the news of their end comes with those of their beginning."""
        self.orders += 1
        self.an_order()
        if self.orders % REGRETTED == 1:
            self.news_arrive()
            self.connect()
            order = list(self.store.shop.orders.values())[-1]
            self.store.shop.set(replace(order, cancelled_at=self.clock.now()))
            self.happened["regretted"] += 1

    def an_order(self) -> None:
        """Paid in the shop, or with money that is held by the card processor; its news may come first."""
        if not (self.orders % (2 * REGRETTED) == 1 or self.drawn.random() < self.weather.by_card):
            self.machine.order(self.drawn.choice(SIZES), True)
            return
        number, amount = str(next(self.machine.numbers)), self.drawn.randint(500, 20_000)
        assert self.running.sandbox.cards is not None
        hours = 72 if self.drawn.random() < self.weather.lapses_soon else None
        self.running.sandbox.cards.authorise(amount, "eur", {"order_id": number}, hours)
        if self.drawn.random() < 0.5:
            self.cards.deliver(self.drawn)
        lines = _lines(self.drawn.choice(SIZES))
        about = {"paid": False, "total": Money(amount, "EUR"), "lines": lines}
        self.store.shop.set(self.store.world.snapshot(number, **about))
        self.happened["by_card"] += 1

    def someone_calls_off(self) -> None:
        open_ones = self.store.rows(OF_LISTED + "WHERE p.closed_at IS NULL ORDER BY p.id")
        if open_ones:
            order = self.store.shop.orders[self.drawn.choice(open_ones)["number"]]
            self.store.shop.set(replace(order, cancelled_at=order.cancelled_at or self.clock.now()))
