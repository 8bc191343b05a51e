"""A chain of stores on one service in this process: each with lockers, their bridge, one associate, shoppers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from argon2.low_level import hash_secret_raw
from sqlalchemy import event, select

from bopis import sealing, sweeps, wiring
from bopis.app import create_bridges_app
from bopis.bell import SilentBell
from bopis.bridges import actions as bridges
from bopis.config import Settings
from bopis.db import Database
from bopis.drain import drain
from bopis.effects import Gateways, handlers
from bopis.lockers.models import Bank, Compartment
from bopis.orders.actions import Sender, accept
from bopis.pickups.follow import Followed, follow
from bopis.pickups.grants import code_of
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Line as OrderLine
from tests.invariants import Tables, of_database
from tests.simulation.bank import URL
from tests.simulation.branch import Branch
from tests.simulation.lockers import Lockers
from tests.simulation.machines import Line, Machine, Wire, virtual
from tests.simulation.mishaps import Deaths, Mishaps
from tests.simulation.outside import Clock, PhoneProvider, Shop
from tests.simulation.store import NobodyRings
from tests.world import SECRET_KEY, World, fill

GRAMS = {"S": 400, "M": 5_000, "L": 12_000}
BATCH = 20


class Chain:
    """`stores` merchants with one store each; see `open_chain`."""

    def __init__(
        self, url: str, clock: Clock, wire_folder: Path, *, stores: int, doors: int, visits: int, seed: int
    ) -> None:
        self.clock, self.drawn = clock, random.Random(seed)
        self.mishaps, self.deaths = Mishaps(self.drawn, visits), Deaths()
        self.shop, self.phone = Shop(clock), PhoneProvider()
        sealing.use_keys((SECRET_KEY,))
        self.database = Database(url, SilentBell())
        # The service is never killed here, so its disk need not spin.
        event.listen(self.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
        settings = Settings(url, "unix:///nowhere", (SECRET_KEY,), "http://localhost", URL)
        gateways = Gateways({"shopify": self.shop}, {"twilio": self.phone})
        self.service = wiring.Service(settings, self.database, gateways, handlers(gateways, settings.public_url))
        self.wire = Wire(create_bridges_app(self.service, NobodyRings()).test_client(), clock)
        self.lines: dict[str, Lockers] = {}
        self.folder = wire_folder
        self._wanted = (stores, doors)
        self.branches: list[Branch] = []

    def found(self) -> None:
        """Build the stores; their bridges enrol and start."""
        stores, doors = self._wanted
        for number in range(stores):
            world = World(self.database)
            with self.database.transaction() as session:
                fill(session, world, f"Shop {number}", f"S{number}", _sizes(doors))
                boxes = session.scalars(select(Compartment).where(Compartment.bank_id == world.bank_id)).all()
                for box in boxes:
                    box.board_address, box.channel = divmod(box.number - 1, 16)
                placed = [
                    {"number": box.number, "board": box.board_address, "channel": box.channel, "size": box.size}
                    for box in boxes
                ]
                bank = session.get_one(Bank, world.bank_id)
                bridges.offer_enrolment(session, bank, f"SHOP{number}", self.clock.now())
            lockers = Lockers(self.clock, placed, self.drawn.randrange(10**6))
            self.lines[f"lockers-{number}"] = lockers
            line = Line(self.clock, self.drawn)
            machine = Machine(f"lockers-{number}", self.folder, lockers, self.clock, self.wire, line)
            machine.enrol(f"SHOP{number}")
            machine.start()
            machine.speak()
            machine.see()
            self.branches.append(Branch(number, world, machine, self.drawn, f"S{number}", self.mishaps, self.deaths))

    def order(self, each: int) -> None:
        """So many orders at every store; their pickups get places and codes, and the bridges hear of them."""
        for branch in self.branches:
            for start in range(0, each, BATCH):
                self._take_over(branch, min(BATCH, each - start))
                self.work()
            branch.machine.speak()
        self._hand_out_codes()

    def work(self) -> None:
        """The worker works off what is due."""
        drain(self.service)

    def sweep(self) -> None:
        sweeps.sweep(self.database, self.clock.now())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What a query finds, by plain SQL."""
        with self.database.engine.connect() as connection:
            return Tables(connection).rows(sql)

    def wrong(self) -> list[str]:
        """What the database, the phone and the shop say is not as it must be."""
        with self.database.engine.connect() as connection:
            tables = Tables(connection)
            found = of_database(tables)
            found += [
                f"event {row['kind']} made trouble: {row['trouble']}"
                for row in tables.rows("SELECT kind, trouble FROM device_events WHERE trouble <> ''")
            ]
        found += [f"a shopper was told twice: {text}" for text, n in Counter(self.phone.texts).items() if n > 1]
        return found + [f"the shop was told twice: {told}" for told, n in Counter(self.shop.told).items() if n > 1]

    def close(self) -> None:
        for branch in self.branches:
            branch.machine.cut_power()
        self.database.close()

    def _take_over(self, branch: Branch, many: int) -> None:
        now, world = self.clock.now(), branch.world
        orders = []
        for _ in range(many):
            number = f"{branch.number}-{len(branch.ordered)}"
            branch.ordered.append(number)
            size = self.drawn.choices(list(GRAMS), (6, 3, 1))[0]
            lines = (OrderLine("l1", "Thing", 1, "THING", GRAMS[size]),)
            orders.append(world.snapshot(number, lines=lines))
        for order in orders:
            self.shop.orders[order.order_id] = order
        with self.database.transaction() as session:
            sender = Sender(world.shop, world.merchant_id, "US")
            taken = accept(session, [(sender, order) for order in orders], now)
            follow(session, [Followed(order, said) for order, said in zip(taken, orders, strict=True) if order], now)

    def _hand_out_codes(self) -> None:
        """Every shopper knows their code from their own page."""
        by_store = {branch.world.store_id: branch for branch in self.branches}
        with self.database.reading() as session:
            for grant, store_id in session.execute(
                select(Grant, Pickup.store_id).join(Pickup, Pickup.id == Grant.pickup_id).where(Grant.state != "closed")
            ):
                code = code_of(grant)
                if code is not None:
                    by_store[store_id].codes.setdefault(grant.pickup_id, code.written())


@contextmanager
def open_chain(url: str, folder: Path, *, stores: int, doors: int, visits: int, seed: int) -> Iterator[Chain]:
    """A chain on a migrated, empty database, all of it on one virtual clock that starts in the morning; `visits` of
    shoppers are expected, over which the mishaps are dealt.

    The slow hash of a code is made a fast one: how strong it is, is not what is looked at here.
    """
    clock = Clock()
    with ExitStack() as stack:
        stack.enter_context(mock.patch("bopis.clock.now", clock.now))
        stack.enter_context(mock.patch("firmware_bridge.protocol.codes.hash_secret_raw", _quick))
        chain = Chain(url, clock, folder, stores=stores, doors=doors, visits=visits, seed=seed)
        stack.enter_context(virtual(clock, chain.wire, chain.lines, chain.deaths))
        chain.found()
        stack.callback(chain.close)
        yield chain


def _quick(*what: Any, **how: Any) -> bytes:
    return hash_secret_raw(*what, **{**how, "memory_cost": 8, "time_cost": 1})


def _sizes(doors: int) -> Sequence[str]:
    small, medium, large = doors * 4 // 10, doors * 4 // 10, doors // 6
    return ("S",) * small + ("M",) * medium + ("L",) * large + ("XL",) * (doors - small - medium - large)
