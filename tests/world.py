"""The one small world of the tests: Fernhill, a merchant with two stores, and Outsider, who must never be seen by it.

High Street   six doors (1 S, 2 S, 3 M, 4 M, 5 L, 6 XL), a bridge, Ada the associate, Mo the manager
Station       no lockers, Sam the associate
Outsider      another merchant with a store, a bank and an associate of its own
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock, sealing
from bopis.bell import SilentBell
from bopis.bridges import actions as bridges
from bopis.bridges.models import Bridge, DoorCommand
from bopis.db import Database
from bopis.ids import new_id
from bopis.lockers.models import Bank, Compartment
from bopis.lockers.queries import seal_bank_key
from bopis.merchants.models import Connection, Merchant
from bopis.orders.actions import Sender, accept
from bopis.pickups import loading
from bopis.pickups.device_events import act_on
from bopis.pickups.follow import Followed, follow
from bopis.pickups.models import Pickup, Placement
from bopis.ports import Account, Line, Location, OrderSnapshot, Unit
from bopis.staff.models import StaffMember, StaffSession
from bopis.stores.models import LocationMapping, Store
from bopis.stores.queries import lock

SECRET_KEY = base64.b64decode("dGVzdCBrZXkgdGVzdCBrZXkgdGVzdCBrZXkgdGVzdCE=")
HIGH_STREET, STATION = "1001", "1002"
PHONE = "+12015550123"
PIN = "246810"
SIZES = ("S", "S", "M", "M", "L", "XL")
# A hash says itself how slow it is to compare with: 32 ms are for thieves, and a test signs in again and again.
_PIN_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


@dataclass
class World:
    """Fernhill's ids, and what a test does to it in one line each."""

    database: Database
    merchant_id: str = ""
    store_id: str = ""
    station_id: str = ""
    bank_id: str = ""
    bridge_id: str = ""
    bridge_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    shop: Account = field(default_factory=lambda: Account("", "", "", {}, {}))
    phone: Account = field(default_factory=lambda: Account("", "", "", {}, {}))
    ada_id: str = ""
    mo_id: str = ""
    sam_id: str = ""
    outsider: World | None = None

    def snapshot(
        self, order_id: str = "1", *, location: str = HIGH_STREET, lines: Iterable[Line] = (), **changes: Any
    ) -> OrderSnapshot:
        """A paid order of one mug for one store; `changes` replace its fields."""
        line = Line("l1", "Stoneware mug", 1, "MUG", 480)
        unit = Unit(f"unit-{order_id}", "open", True, Location(location, "High Street"), tuple(lines) or (line,))
        order = OrderSnapshot(order_id, f"#{order_id}", clock.now(), True, None, (unit,), phone=PHONE, country="US")
        return replace(order, **changes)

    def news(self, snapshot: OrderSnapshot) -> str:
        """The platform's present word on an order, taken over as a worker would."""
        with self.database.transaction() as session:
            now = clock.now()
            (order,) = accept(session, [(Sender(self.shop, self.merchant_id, "US"), snapshot)], now)
            return follow(session, [Followed(order, snapshot)], now)[0] if order else "newer news is known"

    def order(self, order_id: str = "1", **changes: Any) -> str:
        """Take an order over; returns its pickup's id."""
        self.news(self.snapshot(order_id, **changes))
        with self.database.reading() as session:
            return session.scalars(select(Pickup.id).where(Pickup.unit_id == f"unit-{order_id}")).one()

    def pickup(self, session: Session, pickup_id: str) -> Pickup:
        """A pickup under its store's lock."""
        pickup = session.get_one(Pickup, pickup_id)
        if pickup.store_id:
            lock(session, pickup.store_id)
        return pickup

    def state(self, pickup_id: str) -> str:
        """A pickup's state now."""
        with self.database.reading() as session:
            return session.get_one(Pickup, pickup_id).state

    def placements(self, pickup_id: str) -> list[tuple[int | None, str]]:
        """Door number (None for the counter) and state of each placement, oldest first."""
        with self.database.reading() as session:
            found = session.scalars(
                select(Placement).where(Placement.pickup_id == pickup_id).order_by(Placement.created_at, Placement.id)
            )
            return [(place.compartment.number if place.compartment else None, place.state) for place in found]

    def ada(self, session: Session) -> StaffSession:
        """Ada, signed in and present at the bank."""
        found = session.scalars(select(StaffSession).where(StaffSession.staff_id == self.ada_id)).first()
        if found is None:
            now = clock.now()
            found = StaffSession(
                id=new_id(),
                staff_id=self.ada_id,
                token_hash=new_id(),
                created_at=now,
                used_at=now,
                bank_id=self.bank_id,
                bridge_session="here",
                present_until=now + dt.timedelta(minutes=10),
            )
            session.add(found)
            session.flush()
        return found

    def staff(self, pickup_id: str, action: Any) -> DoorCommand | None:
        """Let Ada do one of `pickups.loading`'s actions."""
        with self.database.transaction() as session:
            pickup = self.pickup(session, pickup_id)
            command: DoorCommand | None = action(session, pickup, self.ada(session), clock.now())
            return command

    def device(self, *events: tuple[str, dict[str, Any]]) -> None:
        """What the bridge reports, taken over as the sync would."""
        with self.database.transaction() as session:
            bridge = session.get_one(Bridge, self.bridge_id)
            now = clock.now()
            rows = [
                {"seq": bridge.last_seq + number, "kind": kind, "at": now, "data": data}
                for number, (kind, data) in enumerate(events, start=1)
            ]
            act_on(session, bridge, bridges.record_events(session, bridge, rows, now), now)

    def door(self, command: DoorCommand, *, item: str = "present") -> None:
        """The door of a command opens and is shut again."""
        told = {
            "door": command.details["door"],
            "cause": command.details["cause"],
            "placement": command.details["placement"],
            "command": command.id,
            "attempt": None,
            "grant": None,
        }
        self.device(("door_opened", {**told, "pulses": 1}), ("door_shut", {**told, "item": item}))
        self.settle(command)

    def settle(self, command: DoorCommand, status: str = "done", code: str | None = None, **data: Any) -> None:
        """The bridge's word on what became of a command."""
        with self.database.transaction() as session:
            bridge = session.get_one(Bridge, self.bridge_id)
            said = {"command": command.id, "status": status, "code": code, "data": data}
            bridges.settle_command(session, bridge, said, clock.now())

    def load(self, pickup_id: str) -> int:
        """Ada loads a pickup; returns the door."""
        command = self.staff(pickup_id, loading.open_to_load)
        assert command is not None
        self.door(command)
        number: int = command.details["door"]
        return number

    def ready(self, order_id: str = "1", **changes: Any) -> str:
        """An order taken over and loaded; returns its pickup's id."""
        pickup_id = self.order(order_id, **changes)
        self.load(pickup_id)
        return pickup_id


def build(url: str) -> World:
    """Create the world in a migrated, empty database."""
    sealing.use_keys((SECRET_KEY,))
    world = World(Database(url, SilentBell()))
    with world.database.transaction() as session:
        fill(session, world, "Fernhill", "A1", SIZES)
        outsider = world.outsider = World(world.database)
        fill(session, outsider, "Outsider", "B1", ("S",))
    return world


def fill(session: Session, world: World, name: str, badge: str, sizes: tuple[str, ...]) -> None:
    now = clock.now()
    world.merchant_id = new_id()
    session.add(Merchant(id=world.merchant_id, name=name, created_at=now))
    world.shop = _connection(
        session,
        world,
        "shopify",
        f"{name.lower()}.myshopify.com",
        {},
        {"client_secret": "hush", "access_token": "token"},
    )
    world.phone = _connection(session, world, "twilio", f"AC{name}", {"from": "+12015550100"}, {"auth_token": "quiet"})
    world.store_id = _store(session, world, f"{name} High Street", HIGH_STREET)
    world.station_id = _store(session, world, f"{name} Station", STATION)
    world.bank_id = _bank(session, world, sizes)
    world.ada_id = _person(session, world, world.store_id, "Ada", badge, "associate")
    world.mo_id = _person(session, world, world.store_id, "Mo", f"{badge}M", "manager")
    world.sam_id = _person(session, world, world.station_id, "Sam", f"{badge}S", "associate")
    public = world.bridge_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    bridges.offer_enrolment(session, session.get_one(Bank, world.bank_id), f"CODE{badge}", now)
    proof = world.bridge_key.sign(f"CODE{badge}".encode())
    world.bridge_id = bridges.enrol(session, f"CODE{badge}", public, proof, "test", now).id


def _connection(
    session: Session, world: World, vendor: str, account: str, settings: dict[str, str], secret: dict[str, str]
) -> Account:
    connection = Connection(
        id=new_id(),
        merchant_id=world.merchant_id,
        vendor=vendor,
        account_name=account,
        settings=settings,
        created_at=clock.now(),
    )
    connection.keep_secrets(secret)
    session.add(connection)
    session.flush()
    return connection.account()


def _store(session: Session, world: World, name: str, location: str) -> str:
    store = Store(
        id=new_id(),
        merchant_id=world.merchant_id,
        name=name,
        address="12 High Street",
        country="US",
        time_zone="America/New_York",
        hold_hours=72,
        created_at=clock.now(),
    )
    session.add(store)
    session.flush()
    session.add(
        LocationMapping(id=new_id(), connection_id=world.shop.connection_id, location_id=location, store_id=store.id)
    )
    return store.id


def _bank(session: Session, world: World, sizes: tuple[str, ...]) -> str:
    bank = Bank(
        id=new_id(),
        merchant_id=world.merchant_id,
        store_id=world.store_id,
        name="Entrance",
        board="kerong-cu16",
        has_item_sensors=True,
        sync_version=0,
        created_at=clock.now(),
    )
    bank.key_sealed = seal_bank_key(bank.id, secrets.token_bytes(32))
    session.add(bank)
    session.flush()
    for number, size in enumerate(sizes, start=1):
        session.add(
            Compartment(
                id=new_id(),
                merchant_id=world.merchant_id,
                bank_id=bank.id,
                number=number,
                size=size,
                inner_mm=[250, 400, 500],
                accessible=False,
                board_address=0,
                channel=number - 1,
                row=number - 1,
                column=0,
                height=1,
                in_service=True,
                out_of_service_reason="",
                door="shut",
                item="absent",
            )
        )
    session.flush()
    return bank.id


def _person(session: Session, world: World, store_id: str, name: str, badge: str, role: str) -> str:
    person = StaffMember(
        id=new_id(),
        merchant_id=world.merchant_id,
        store_id=store_id,
        name=name,
        badge=badge,
        pin_hash=_PIN_HASH,
        role=role,
        active=True,
        failures=0,
    )
    session.add(person)
    session.flush()
    return person.id
