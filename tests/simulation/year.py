"""A store's year on a virtual clock: orders come, are loaded, fetched, forgotten, called off; people say that they are
coming or need more time; the line breaks, clocks jump, and providers time out, half of them having done as asked."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from bopis.errors import OutcomeUnknown
from bopis.ports import Account, Receipt
from tests.simulation.bank import Door
from tests.simulation.machine import FreshDatabase, StoreMachine

ZONE = ZoneInfo("America/New_York")
SIZES = ["S", "S", "S", "M", "M", "L", "XL", "no door"]
TIMES_OUT = 0.2
LINE_BREAKS, LINE_IS_BACK = 0.01, 0.15
"""In an hour."""
OF_LISTED = "SELECT p.id, p.state, o.platform_order_id AS number FROM pickups p JOIN orders o ON o.id = p.order_id "


@dataclass
class Shopper:
    """What somebody means to do: come at `at` (None: never), ask for more time, say that they are on the way."""

    at: dt.datetime | None
    asks: bool
    says_so: bool


@dataclass
class Year:
    """One life of a store, day by day, drawn from a seed."""

    database: FreshDatabase
    seed: int
    orders_a_day: float = 8.0
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.drawn = random.Random(self.seed)
        self.machine = StoreMachine(self.database)
        self.store, self.clock = self.machine.store, self.machine.store.clock
        self.shoppers: dict[str, Shopper] = {}
        self.line_is_up, self.ahead = True, 0
        self._make_the_provider_unsure()

    def live(self, days: int) -> None:
        """So many days with orders, then as many as it takes for every hold to end."""
        try:
            for day in range(days + 12):
                for _ in range(24):
                    self.an_hour(orders=day < days)
                self.a_day_is_over(day)
            self.line_is_up = True
            for _ in range(36):
                self.an_hour(orders=False)
            self.every_order_came_to_an_end()
        finally:
            self.close()

    def close(self) -> None:
        self.store.close()
        self.machine.database.__exit__(None, None, None)
        self.machine.patch.stop()

    # An hour.

    def an_hour(self, *, orders: bool) -> None:
        self.clock.pass_by(3600 - self.ahead)
        self.ahead = self.drawn.choice([0] * 60 + [5400, -1200])
        self.clock.pass_by(self.ahead)
        breaks = self.drawn.random() < (LINE_BREAKS if self.line_is_up else LINE_IS_BACK)
        self.line_is_up = self.line_is_up != breaks
        local = self.clock.now().astimezone(ZONE)
        if orders and 8 <= local.hour < 22 and self.drawn.random() < self.orders_a_day / 14:
            self.machine.order(self.drawn.choice(SIZES), True)
        if self.drawn.random() < 0.01:
            self.someone_calls_off()
        while self.store.shop.news:
            self.store.deliver(*self.store.shop.news.pop(0))
        self.connect()
        self.shoppers_act(is_open=9 <= local.hour < 18)
        if 9 <= local.hour < 18 and self.line_is_up:
            self.staff_act()
        self.connect()

    def connect(self) -> None:
        """Whatever is due is done, and the lockers speak to the service if there is a line."""
        if self.line_is_up:
            while True:
                self.store.bank.sync()
                if not self.store.bank.pending:
                    break
        self.store.work()
        self.store.sweep()
        self.store.work()

    def someone_calls_off(self) -> None:
        open_ones = self.store.rows(OF_LISTED + "WHERE p.closed_at IS NULL ORDER BY p.id")
        if open_ones:
            order = self.store.shop.orders[self.drawn.choice(open_ones)["number"]]
            self.store.shop.set(replace(order, cancelled_at=order.cancelled_at or self.clock.now()))

    # Staff.

    def staff_act(self) -> None:
        work = self.store.rows(OF_LISTED + "WHERE p.closed_at IS NULL AND p.state <> 'ready' ORDER BY p.created_at")
        for row in work[:8]:
            if row["state"] in ("waiting", "reserved"):
                if self.drawn.random() < 0.7:
                    self.load(row["id"])
            elif self.drawn.random() < 0.3:
                self.take_back(row["id"])

    def load(self, pickup: str) -> None:
        if not (self.store.do(pickup, "open") and self.obeyed()) and self.store.do(pickup, "set-aside"):
            self.machine.at_counter.add(pickup)

    def take_back(self, pickup: str) -> None:
        if self.store.do(pickup, "reclaim"):
            self.obeyed()
            self.store.bank.sync()
        elif pickup in self.machine.at_counter and self.store.do(pickup, "confirm-empty"):
            self.machine.at_counter.discard(pickup)

    def obeyed(self) -> bool:
        """The bridge opens what it was asked to, and whoever stands there does what they came for."""
        self.store.bank.sync()
        while command := self.store.bank.next_command():
            self.at_the_door(self.store.bank.obey(command))
        self.store.bank.sync()
        return True

    def at_the_door(self, door: Door) -> None:
        if not door.shut:
            self.machine._handle(door)
            self.store.bank.shut(door)

    # Shoppers.

    def shoppers_act(self, *, is_open: bool) -> None:
        rows = self.store.rows(OF_LISTED + "WHERE p.state IN ('ready', 'expired') ORDER BY p.id")
        grants = {
            row["id"]: row["pickup_id"]
            for row in self.store.rows("SELECT id, pickup_id FROM grants WHERE state <> 'closed'")
        }
        for row in rows:
            shopper = self.shoppers.setdefault(row["id"], self._somebody())
            if row["state"] == "ready":
                self.say(row["id"], shopper)
            if shopper.at is not None and shopper.at <= self.clock.now():
                self.come(row["id"], row["state"], grants, is_open=is_open)

    def say(self, pickup: str, shopper: Shopper) -> None:
        """On their page: what is refused is refused in words."""
        for wants, deed in ((shopper.asks, "extend"), (shopper.says_so, "on-my-way")):
            if wants and self.drawn.random() < 0.1:
                with self.store.world.database.reading() as session:
                    token = self.store.world.pickup(session, pickup).link_token()
                answer = self.store.web.post(f"/p/{token}/{deed}", headers={"Accept": "text/html"})
                assert answer.status_code in (303, 409), answer.text
                self.told[deed] += 1

    def come(self, pickup: str, state: str, grants: dict[str, str], *, is_open: bool) -> None:
        if pickup in self.machine.at_counter:
            if is_open and self.store.do(pickup, "hand-over"):
                self.machine.at_counter.discard(pickup)
                self.machine.with_shopper.add(pickup)
        elif state == "ready":
            for door in self.store.bank.present(pickup, grants):
                self.at_the_door(door)
        elif is_open and self.line_is_up:
            self.come_late(pickup)

    def come_late(self, pickup: str) -> None:
        """Its time is over: staff open the door for them."""
        for door in self.machine._doors_with(pickup):
            if self.store.do(pickup, "look-inside", door=door.number):
                self.obeyed()
                self.machine.with_shopper.add(pickup)
        self.store.bank.sync()
        if self.store.do(pickup, "hand-over-late"):
            self.told["late"] += 1

    def _somebody(self) -> Shopper:
        comes = self.drawn.random() < 0.85
        after = dt.timedelta(hours=self.drawn.expovariate(1 / 32))
        return Shopper(
            self.clock.now() + after if comes else None, self.drawn.random() < 0.2, self.drawn.random() < 0.3
        )

    # What must hold.

    def a_day_is_over(self, day: int) -> None:
        self.machine.goods_lie_where_their_pickup_has_a_place()
        texts = Counter(self.store.phone.texts)
        assert not (twice := [text for text, times in texts.items() if times > 1]), twice
        assert not (crowded := [door.number for door in self.store.bank.doors.values() if len(door.goods) > 1]), crowded
        if day % 30 == 0:
            self.everything_holds()

    def everything_holds(self) -> None:
        """As in any life, but for the order of times: over clocks that are put back they say nothing."""
        found = [each for each in self.store.wrong() if "at once" not in each]
        assert not found, found

    def every_order_came_to_an_end(self) -> None:
        """In a final state, or somebody is asked to do something about it."""
        self.everything_holds()
        left = self.store.rows(
            OF_LISTED + "WHERE p.closed_at IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM tasks t WHERE t.subject_id = p.id AND t.settled_at IS NULL)"
        )
        assert not left, left
        for row in self.store.rows(OF_LISTED + "ORDER BY p.id"):
            self.told[row["state"]] += 1
            if row["id"] in self.machine.with_shopper:
                assert row["state"] == "collected", row
            elif row["state"] == "collected":
                raise AssertionError(f"{row['id']} is said to be handed over, and nobody has it")

    def _make_the_provider_unsure(self) -> None:
        phone, send = self.store.phone, self.store.phone.send

        def unsure(account: Account, to: str, body: str, callback_url: str) -> Receipt:
            if self.drawn.random() >= TIMES_OUT:
                return send(account, to, body, callback_url)
            if self.drawn.random() < 0.5:
                send(account, to, body, callback_url)
            raise OutcomeUnknown("no_answer", "It timed out.")

        phone.send = unsure  # type: ignore[method-assign]
        shop: Any = self.store.shop
        for name in ("mark_ready", "mark_collected", "mark_returned"):
            setattr(shop, name, self._unsure(getattr(shop, name)))

    def _unsure(self, call: Any) -> Any:
        def unsure(*given: Any) -> None:
            times_out = self.drawn.random() < TIMES_OUT
            if not times_out or self.drawn.random() < 0.5:
                call(*given)
            if times_out:
                raise OutcomeUnknown("no_answer", "It timed out.")

        return unsure
