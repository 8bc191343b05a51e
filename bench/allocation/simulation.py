"""One bank and one stream on a virtual clock, its doors given by the product's own allocator.

An order counts as served when its shopper finds it in a locker. When shoppers come does not depend on what we do.
"""

from __future__ import annotations

import datetime as dt
import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.allocation.streams import MONDAY, Placed, Scenario
from bopis.lockers import allocation
from bopis.lockers.allocation import Box, Decision, Door, Goods, Stay, Waiting
from bopis.lockers.knobs import Knobs

HOLD_HOURS = 72
ROUND_MINUTES = 10
"""Staff see a door that became free within so long."""
_OPENS, _CLOSES = 8 * 60, 21 * 60
PLAIN = Knobs(guaranteed_hours=0, waitlist_hours=0, moves=0)
"""The allocator with everything off: smallest-fitting."""

Chooser = Callable[[Sequence[Box], Goods], Decision]
_FETCH, _EXPIRE, _ORDER, _READY = range(4)
"""At the same minute doors become free before they are given."""


@dataclass(frozen=True)
class Policy:
    """What is done with a stream. `chooser` replaces the allocator where a rival chooses otherwise."""

    name: str
    knobs: Knobs = PLAIN
    chooser: Callable[[int], Chooser] | None = None
    """Made anew for each stream, from its seed."""
    early: bool = False
    """The door is taken when the order is placed, by the guessed size; tried again when it is ready."""
    hold_hours: int = HOLD_HOURS
    oldest_first: bool = False
    """Who waits longest gets the door that became free."""


@dataclass
class Outcome:
    """What came of it. Counts of orders, and of what staff carried."""

    orders: int = 0
    served: int = 0
    moved_down: int = 0
    displaced: int = 0
    refilled: int = 0
    expired: int = 0
    times: list[float] = field(default_factory=list)
    """Processor seconds of each decision of the allocator."""

    @property
    def touches(self) -> int:
        """How often goods were carried that plain loading would have left alone."""
        return self.moved_down + self.displaced + self.refilled


class Bank:
    """The doors in memory, and who waits at the counter."""

    def __init__(self, scenario: Scenario) -> None:
        sizes = [size for size, count in scenario.doors.items() for _ in range(count)]
        self.boxes = [Box(Door(str(number), number, size, accessible=False)) for number, size in enumerate(sizes)]
        self.where: dict[str, int] = {}
        self.waiting: dict[str, Waiting] = {}
        self.freed = False

    def put(self, goods: Goods, door: Door, now: dt.datetime) -> None:
        """Load goods into a door that must be free and large enough."""
        box = self.boxes[door.number]
        assert box.stay is None and allocation.takes(box, goods), "a door is given once, to what fits it"
        self.boxes[door.number] = Box(box.door, Stay(goods, now))
        self.where[goods.pickup_id] = door.number
        self.waiting.pop(goods.pickup_id, None)

    def take(self, pickup_id: str) -> Stay | None:
        """Empty the door these goods lie in, if any."""
        number = self.where.pop(pickup_id, None)
        if number is None:
            return None
        box = self.boxes[number]
        self.boxes[number] = Box(box.door)
        self.freed = True
        return box.stay


class Simulation:
    """One run. Raises AssertionError when the allocator breaks a promise."""

    def __init__(self, scenario: Scenario, policy: Policy, seed: int = 0) -> None:
        self.bank, self.policy, self.outcome = Bank(scenario), policy, Outcome()
        self._choose = policy.chooser(seed) if policy.chooser else None
        self._loads: dict[str, int] = {}
        self._since: dict[str, dt.datetime] = {}

    def run(self, orders: Sequence[Placed]) -> Outcome:
        """Live through a stream, to the day when the last goods are gone."""
        self.outcome.orders = len(orders)
        events = [(order.ready, _READY, order.number) for order in orders]
        events += [(order.fetched, _FETCH, order.number) for order in orders if order.fetched is not None]
        hold = self.policy.hold_hours * 60
        events += [(order.ready + hold, _EXPIRE, order.number) for order in orders]
        if self.policy.early:
            events += [(order.ordered, _ORDER, order.number) for order in orders]
        heapq.heapify(events)
        next_round = None
        while events:
            if next_round is not None and next_round < events[0][0]:
                self._minute, next_round = next_round, None
                self._refill()
            self._minute, kind, number = heapq.heappop(events)
            self._happens(kind, orders[number])
            if next_round is None and self.bank.freed and self.policy.knobs.waitlist_hours:
                next_round = _round_after(self._minute)
        return self.outcome

    _minute = 0

    @property
    def _now(self) -> dt.datetime:
        return MONDAY + dt.timedelta(minutes=self._minute)

    def _happens(self, kind: int, order: Placed) -> None:
        name = str(order.number)
        if kind == _FETCH:
            self.bank.waiting.pop(name, None)
            self.outcome.served += self.bank.take(name) is not None
        elif kind == _EXPIRE:
            self.bank.waiting.pop(name, None)
            self.outcome.expired += self.bank.take(name) is not None
        elif kind == _ORDER:
            self._load(Goods(name, order.guess))
        else:
            self._ready(Goods(name, order.size))

    def _ready(self, goods: Goods) -> None:
        self._since[goods.pickup_id] = self._now
        number = self.bank.where.get(goods.pickup_id)
        if number is not None:  # a door was kept for it since it was ordered; now we know whether it is large enough
            box = self.bank.boxes[number]
            self.bank.take(goods.pickup_id)
            if allocation.takes(box, goods):
                self.bank.put(goods, box.door, self._now)
                return
        if not self._load(goods) and self.policy.knobs.waitlist_hours:
            self.bank.waiting[goods.pickup_id] = Waiting(goods, self._now)

    def _load(self, goods: Goods) -> bool:
        started = time.thread_time()
        if self._choose:
            decision = self._choose(self.bank.boxes, goods)
        else:
            decision = allocation.decide(self.bank.boxes, goods, self._now, self.policy.knobs)
        self.outcome.times.append(time.thread_time() - started)
        if decision.door is None:
            return False
        self._carry_out(goods, decision)
        return True

    def _carry_out(self, goods: Goods, decision: Decision) -> None:
        bank, knobs = self.bank, self.policy.knobs
        assert decision.door is not None
        assert sum(move.to is not None for move in decision.moves) <= knobs.moves, "no more is carried than allowed"
        for move in decision.moves:
            stay = bank.take(move.goods.pickup_id)
            assert stay is not None, "only what is there is carried"
            if move.to is not None:
                bank.put(move.goods, move.to, stay.since)
                self.outcome.moved_down += 1
                continue
            assert self._now - stay.since >= dt.timedelta(hours=knobs.guaranteed_hours), "nobody goes too early"
            self.outcome.displaced += 1
            self._loads[move.goods.pickup_id] = self._loads.get(move.goods.pickup_id, 0) + 1
            if knobs.reloads:
                since, loads = self._since[move.goods.pickup_id], self._loads[move.goods.pickup_id]
                bank.waiting[move.goods.pickup_id] = Waiting(move.goods, since, loads)
        bank.put(goods, decision.door, self._now)

    def _refill(self) -> None:
        while True:
            started = time.thread_time()
            found = self._next_in()
            self.outcome.times.append(time.thread_time() - started)
            if found is None:
                self.bank.freed = False
                return
            one, decision = found
            self.outcome.refilled += 1
            self._carry_out(one.goods, decision)

    def _next_in(self) -> tuple[Waiting, Decision] | None:
        bank, knobs = self.bank, self.policy.knobs
        if not self.policy.oldest_first:
            return allocation.refill(bank.boxes, bank.waiting.values(), self._now, knobs)
        for one in sorted(bank.waiting.values(), key=lambda one: one.since):
            decision = allocation.decide(bank.boxes, one.goods, self._now, knobs)
            if decision.door is not None:
                return one, decision
        return None


def _round_after(minute: int) -> int:
    """The next time that staff walk by."""
    rounded = (minute // ROUND_MINUTES + 1) * ROUND_MINUTES
    day, within = divmod(rounded, 24 * 60)
    if within < _OPENS:
        return day * 24 * 60 + _OPENS
    return rounded if within <= _CLOSES else (day + 1) * 24 * 60 + _OPENS
