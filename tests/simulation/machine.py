"""Everything that can happen in a store, in any order, against a small model of what is physically true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from types import MappingProxyType
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bopis.ports import Line, Payments
from tests.simulation.bank import Door
from tests.simulation.outside import Clock
from tests.simulation.store import Store

GRAMS = {"S": 400, "M": 5_000, "L": 12_000, "XL": 20_000, "no door": 40_000}
CHOICES: dict[str, list[Any]] = {
    "size": ["S", "S", "S", "M", "L", "XL", "no door"],
    "sizes": [["S"], ["S", "M", "XL"], ["S", "S", "S", "S"]],
    "paid": [True, True, False],
    "problem": ["empty", "not_open", "help"],
    "deed": ["open", "open", "open", "another-box", "too-small", "take-out", "reclaim"],
    "door": [1, 2, 3, 4, 5, 6],
    "refuse": [True, False],
    "handles": [True, True, False],
    "seconds": [1, 31, 400, 4 * 3600, 40 * 3600, 80 * 3600],
    "pick": list(range(60)),
}
"""What each argument of a rule may be; `pick` chooses one of whatever there is then."""
WITH = {name: st.sampled_from(values) for name, values in CHOICES.items()}
FreshDatabase = Callable[[], AbstractContextManager[str]]
HAS_ORDERS = precondition(lambda self: self.store.shop.orders)
HAS_PICKUPS = precondition(lambda self: self.pickups)
A_DOOR_IS_OPEN = precondition(lambda self: self.open_doors())


class StoreMachine(RuleBasedStateMachine):
    """Where each pickup's goods truly are: in a door, at the counter, with the shopper, or on the shelf."""

    def __init__(
        self,
        fresh_database: FreshDatabase,
        clock: Clock | None = None,
        payments: Mapping[str, Payments] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        clock = clock or Clock()
        self.patch = mock.patch("bopis.clock.now", clock.now)
        self.patch.start()
        self.database = fresh_database()
        self.store = Store(self.database.__enter__(), clock, payments)
        self.at_counter: set[str] = set()
        self.with_shopper: set[str] = set()
        self.delivered: list[tuple[str, str]] = []
        self.pickups: list[str] = []
        self.numbers = count(1)

    def teardown(self) -> None:
        try:
            self.come_to_rest()
            self.no_order_is_lost()
            self.everything_holds()
            self.what_is_ready_is_there()
        finally:
            self.store.close()
            self.database.__exit__(None, None, None)
            self.patch.stop()

    # What shoppers and the shop do.

    @initialize(sizes=WITH["sizes"])
    def a_day_begins(self, sizes: list[str]) -> None:
        for size in sizes:
            self.order(size, True)
            self.news_arrives_in_any_order(0)

    @rule(size=WITH["size"], paid=WITH["paid"])
    def order(self, size: str, paid: bool) -> None:
        self.store.shop.set(self.store.world.snapshot(str(next(self.numbers)), paid=paid, lines=_lines(size)))

    @HAS_ORDERS
    @rule(pick=WITH["pick"])
    def pay(self, pick: int) -> None:
        self._change(pick, lambda order: {"paid": True})

    @HAS_ORDERS
    @rule(pick=WITH["pick"], size=WITH["size"])
    def edit(self, pick: int, size: str) -> None:
        self._change(pick, lambda order: {"units": (replace(order.units[0], lines=_lines(size)),)})

    @HAS_ORDERS
    @rule(pick=WITH["pick"])
    def cancel(self, pick: int) -> None:
        self._change(pick, lambda order: {"cancelled_at": order.cancelled_at or self.store.clock.now()})

    @precondition(lambda self: self.store.shop.news)
    @rule(pick=WITH["pick"])
    def news_arrives_in_any_order(self, pick: int) -> None:
        self.delivered.append(self.store.shop.news.pop(pick % len(self.store.shop.news)))
        self.store.deliver(*self.delivered[-1])
        self.store.work()
        self.pickups = self._pickups()

    @precondition(lambda self: self.delivered)
    @rule(pick=WITH["pick"])
    def news_arrives_again(self, pick: int) -> None:
        self.store.deliver(*_one(self.delivered, pick))
        self.store.work()

    @HAS_PICKUPS
    @rule(pick=WITH["pick"])
    def shopper_shows_the_code(self, pick: int) -> None:
        pickup = _one(self.pickups, pick)
        self.store.bank.present(pickup, self._grants())

    @HAS_PICKUPS
    @rule(pick=WITH["pick"], problem=WITH["problem"])
    def shopper_reports_a_problem(self, pick: int, problem: str) -> None:
        pickup = _one(self.pickups, pick)
        self.store.bank.report(pickup, problem, self._grants())

    # What the associate does.

    @HAS_PICKUPS
    @rule(pick=WITH["pick"], deed=WITH["deed"])
    def associate_asks_for_a_door(self, pick: int, deed: str) -> None:
        pickup = _one(self.pickups, pick)
        if deed != "too-small" or not self._doors_with(pickup):  # nobody says so with the goods inside
            self.store.do(pickup, deed)

    @HAS_PICKUPS
    @rule(pick=WITH["pick"], door=WITH["door"])
    def associate_looks_inside(self, pick: int, door: int) -> None:
        pickup = _one(self.pickups, pick)
        self.store.do(pickup, "look-inside", door=door)

    @HAS_PICKUPS
    @rule(pick=WITH["pick"])
    def associate_sets_aside(self, pick: int) -> None:
        pickup = _one([each for each in self.pickups if not self._doors_with(each)], pick)
        if pickup and pickup not in self.with_shopper and self.store.do(pickup, "set-aside"):
            self.at_counter.add(pickup)

    @precondition(lambda self: self.at_counter)
    @rule(pick=WITH["pick"])
    def associate_hands_over(self, pick: int) -> None:
        pickup = _one(sorted(self.at_counter), pick)
        if pickup and self.store.do(pickup, "hand-over"):
            self.at_counter.discard(pickup)
            self.with_shopper.add(pickup)

    @HAS_PICKUPS
    @rule(pick=WITH["pick"])
    def associate_says_it_is_empty(self, pick: int) -> None:
        pickup = _one([each for each in self.pickups if not self._doors_with(each)], pick)
        if pickup and self.store.do(pickup, "confirm-empty"):
            self.at_counter.discard(pickup)

    @rule(door=WITH["door"])
    def door_sticks(self, door: int) -> None:
        self.store.bank.doors[door].stuck = True

    @rule(door=WITH["door"])
    def door_is_repaired(self, door: int) -> None:
        self.store.bank.doors[door].stuck = False
        self.store.repair(door)

    # What happens at the lockers.

    @rule(refuse=WITH["refuse"])
    def bridge_obeys(self, refuse: bool) -> None:
        self.store.bank.sync()
        if command := self.store.bank.next_command():
            if refuse and command["cause"] == "assist":
                self.store.bank.refuse(command)
            else:
                self.store.bank.obey(command)

    @A_DOOR_IS_OPEN
    @rule(pick=WITH["pick"], handles=WITH["handles"])
    def someone_at_an_open_door(self, pick: int, handles: bool) -> None:
        door = _one(self.open_doors(), pick)
        if handles:
            self._handle(door)
        self.store.bank.shut(door)

    @A_DOOR_IS_OPEN
    @rule(pick=WITH["pick"])
    def goods_move_and_the_door_stays_open(self, pick: int) -> None:
        door = _one(self.open_doors(), pick)
        self._handle(door)
        self.store.bank.left_open(door)

    @HAS_PICKUPS
    @rule(pick=WITH["pick"])
    def an_order_is_loaded_without_trouble(self, pick: int) -> None:
        self.store.bank.sync()
        self.associate_asks_for_a_door(pick, "open")
        self.bridge_obeys(False)
        for door in self.open_doors():
            self._handle(door)
            self.store.bank.shut(door)
        self.store.bank.sync()
        self.store.work()

    @HAS_PICKUPS
    @rule(pick=WITH["pick"])
    def an_order_is_collected_without_trouble(self, pick: int) -> None:
        self.store.bank.sync()
        for door in self.store.bank.present(_one(self.pickups, pick), self._grants()):
            self._handle(door)
            self.store.bank.shut(door)
        self.store.bank.sync()
        self.store.work()

    @rule()
    def bridge_syncs(self) -> None:
        self.store.bank.sync()

    @rule()
    def an_answer_is_lost(self) -> None:
        self.store.bank.sync(lose_answer=True)

    @rule()
    def old_events_come_again(self) -> None:
        self.store.bank.sync(again=True)

    @rule()
    def bridge_restarts(self) -> None:
        self.store.bank.restart()

    # What time does.

    @rule(seconds=WITH["seconds"])
    def time_passes(self, seconds: int) -> None:
        self.store.clock.pass_by(seconds)
        self.store.work()

    @rule()
    def sweep(self) -> None:
        self.store.sweep()

    # What must hold.

    @invariant()
    def everything_holds(self) -> None:
        assert not (found := self.store.wrong()), found

    @invariant()
    def goods_lie_where_their_pickup_has_a_place(self) -> None:
        places = {
            (row["number"], row["pickup_id"])
            for row in self.store.rows(
                "SELECT c.number, p.pickup_id FROM placements p JOIN compartments c ON c.id = p.compartment_id"
                " WHERE p.state <> 'released'"
            )
        }
        for door in self.store.bank.doors.values():
            for pickup in door.goods:
                assert (door.number, pickup) in places, f"door {door.number} is let go with goods inside"

    @invariant()
    def one_text_for_each_notice(self) -> None:
        (notices,) = self.store.rows("SELECT count(*) AS n FROM notices")
        assert len(self.store.phone.texts) <= notices["n"]

    def check(self) -> None:
        """What holds after each step, for who takes the steps without Hypothesis."""
        self.everything_holds()
        self.goods_lie_where_their_pickup_has_a_place()
        self.one_text_for_each_notice()

    def no_order_is_lost(self) -> None:
        """Each order has the one pickup it should have, as far along as its goods are."""
        states = {
            row["platform_order_id"]: row
            for row in self.store.rows(
                "SELECT o.platform_order_id, p.id, p.state, p.reason, EXISTS (SELECT 1 FROM timeline t"
                " WHERE t.pickup_id = p.id AND t.what = 'expired') AS was_over"
                " FROM pickups p JOIN orders o ON o.id = p.order_id"
            )
        }
        for order_id, order in self.store.shop.orders.items():
            pickup = states.get(order_id)
            if pickup is None:
                assert order.cancelled_at, f"order {order_id} has no pickup"
                continue
            gone = pickup["id"] in self.with_shopper
            if order.cancelled_at:
                assert pickup["state"] in ("cancelled", "returned", "collected"), (order_id, pickup["state"])
            elif gone:
                assert pickup["state"] == "collected", (order_id, pickup["state"])
            elif not (pickup["was_over"] and pickup["state"] == "returned"):
                assert pickup["state"] not in ("cancelled", "returned"), (order_id, pickup["state"])
            has_lapsed = pickup["reason"] == "not_loaded"
            if not has_lapsed and pickup["state"] in ("waiting", "reserved") and order.paid and not order.cancelled_at:
                assert pickup["state"] == "reserved", f"order {order_id} is paid and waits for nothing"

    def what_is_ready_is_there(self) -> None:
        """With all doors shut and everything told, goods lie behind each door that is said to hold them."""
        for row in self.store.rows(
            "SELECT c.number, p.pickup_id FROM placements p JOIN pickups k ON k.id = p.pickup_id"
            " JOIN compartments c ON c.id = p.compartment_id"
            " WHERE p.state = 'loaded' AND k.state = 'ready'"
        ):
            assert row["pickup_id"] in self.store.bank.doors[row["number"]].goods, f"door {row['number']} is empty"

    def come_to_rest(self) -> None:
        """All news arrives, all doors are shut, everything is told, and whatever was put off is tried again."""
        for delivery in self.store.shop.news:
            self.store.deliver(*delivery)
        for door in self.open_doors():
            self.store.bank.shut(door)
        for _ in range(3):
            self.store.bank.sync()
            self.store.clock.pass_by(600)
            self.store.work()
            self.store.sweep()

    def _change(self, pick: int, changes: Callable[[Any], dict[str, Any]]) -> None:
        order = _one(list(self.store.shop.orders.values()), pick)
        self.store.shop.set(replace(order, **changes(order)))

    def _handle(self, door: Door) -> None:
        """Whoever opened it does what they came for."""
        cause, pickup = door.errand["cause"], self._pickup_of(door)
        if cause == "load":
            if pickup and pickup not in self.with_shopper | self.at_counter:
                door.goods.add(pickup)
        elif cause == "grant":
            (owner,) = self.store.rows(f"SELECT pickup_id FROM placements WHERE id = '{door.errand['placement']}'")
            if owner["pickup_id"] in door.goods:
                door.goods.discard(owner["pickup_id"])
                if not self._doors_with(owner["pickup_id"]):
                    self.with_shopper.add(owner["pickup_id"])
        else:
            door.goods.clear()

    def _pickup_of(self, door: Door) -> str | None:
        """Whose goods belong behind this door, as the associate's phone says at this moment."""
        found = self.store.rows(
            "SELECT pickup_id FROM placements WHERE state <> 'released' AND NOT abandoned"
            f" AND id = '{door.errand['placement']}'"
        )
        return found[0]["pickup_id"] if found else None

    def _pickups(self) -> list[str]:
        return [row["id"] for row in self.store.rows("SELECT id FROM pickups ORDER BY created_at, id")]

    def _grants(self) -> dict[str, str]:
        return {row["id"]: row["pickup_id"] for row in self.store.rows("SELECT id, pickup_id FROM grants")}

    def open_doors(self) -> list[Door]:
        return [door for door in self.store.bank.doors.values() if not door.shut]

    def _doors_with(self, pickup: str) -> list[Door]:
        return [door for door in self.store.bank.doors.values() if pickup in door.goods]


def _lines(size: str) -> tuple[Line, ...]:
    return (Line("l1", "Thing", 1, "THING", GRAMS[size]),)


def _one(items: list[Any], pick: int) -> Any:
    return items[pick % len(items)] if items else None
