"""One store of the real service in this process: both Flask apps, a database, and the pretend world around them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from bopis import sweeps, wiring
from bopis.app import create_app, create_bridges_app
from bopis.bell import SilentBell
from bopis.config import Settings
from bopis.db import Database
from bopis.drain import drain
from bopis.effects import Gateways, handlers
from bopis.ports import Payments
from bopis.staff.models import StaffSession
from tests.invariants import Tables, of_database
from tests.simulation.bank import URL, LockerBank
from tests.simulation.outside import Clock, PhoneProvider, Shop
from tests.world import PIN, SECRET_KEY, build

OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
FOR_EVER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def _no_power_cuts(connection: Any, _: Any) -> None:
    """A life of a store commits a hundred thousand times, and nobody pulls this machine's plug."""
    connection.execute("PRAGMA synchronous = OFF")


class NobodyRings:
    """A listener that hears nothing: whoever waits, looks."""

    def count(self, bank_id: str) -> int:
        return 0

    def wait(self, bank_id: str, since: int, timeout: float) -> None:
        pass


class Store:
    """Fernhill's High Street on a database of its own. `clock.now` must be this store's clock already."""

    def __init__(self, url: str, clock: Clock, payments: Mapping[str, Payments] = MappingProxyType({})) -> None:
        self.clock = clock
        self.shop, self.phone = Shop(clock), PhoneProvider()
        self.world = build(url)
        self.world.database.close()
        self.world.database = Database(url, SilentBell())
        if url.startswith("sqlite"):
            sa.event.listen(self.world.database.engine, "connect", _no_power_cuts)
        settings = Settings(url, "unix:///nowhere", (SECRET_KEY,), "http://localhost", URL)
        gateways = Gateways({"shopify": self.shop}, {"twilio": self.phone}, payments=payments)
        self.service = wiring.Service(settings, self.world.database, gateways, handlers(gateways, settings.public_url))
        self.web: FlaskClient = create_app(self.service, NobodyRings()).test_client()
        self.bank = LockerBank(create_bridges_app(self.service, NobodyRings()).test_client(), self.world)
        self.bank.sync()
        self.sign_in()

    def close(self) -> None:
        self.world.database.close()

    def sign_in(self) -> None:
        """Ada signs in, and stands before the lockers from then on."""
        answer = self.web.post("/associate/sign-in", data={"badge": "A1", "pin": PIN}, headers=OWN_PAGE)
        assert answer.status_code == 200, answer.text
        with self.world.database.transaction() as session:
            session.execute(
                sa.update(StaffSession).values(
                    bank_id=self.world.bank_id, bridge_session="here", present_until=FOR_EVER
                )
            )

    def deliver(self, delivery_id: str, order_id: str) -> None:
        """The shop posts one delivery; the service must thank for it."""
        answer = self.web.post(
            f"/webhooks/shopify/{self.world.shop.connection_id}",
            headers={"Delivery": delivery_id},
            data=f"{order_id} {delivery_id}".encode(),
        )
        assert answer.status_code in (200, 202), answer.text

    def do(self, pickup_id: str, deed: str, **form: Any) -> bool:
        """Ada taps; whether it was done. A refusal is an answer, anything else a defect."""
        answer = self.web.post(f"/associate/pickups/{pickup_id}/{deed}", data=form, headers=OWN_PAGE)
        if answer.status_code == 401:
            self.sign_in()
            return self.do(pickup_id, deed, **form)
        assert answer.status_code in (200, 409), (deed, answer.status_code, answer.text)
        return answer.status_code == 200

    def repair(self, door: int) -> None:
        """A person put the door right and says so."""
        (box,) = self.rows(f"SELECT id FROM compartments WHERE bank_id = '{self.world.bank_id}' AND number = {door}")
        answer = self.web.post(f"/associate/doors/{box['id']}/repair", headers=OWN_PAGE)
        if answer.status_code == 401:
            self.sign_in()
            self.repair(door)

    def work(self) -> None:
        """The worker works off what is due."""
        drain(self.service)

    def sweep(self) -> bool:
        """What time asks for is done; whether there was anything."""
        return sweeps.sweep(self.service.database, self.clock.now())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What a query finds, by plain SQL."""
        with self.world.database.engine.connect() as connection:
            return Tables(connection).rows(sql)

    def wrong(self) -> list[str]:
        """The invariants a database alone tells of, and what no machine should ever have had to give up."""
        with self.world.database.engine.connect() as connection:
            tables = Tables(connection)
            found = of_database(tables)
            found += [
                f"event {row['kind']} made trouble: {row['trouble']}"
                for row in tables.rows("SELECT kind, trouble FROM device_events WHERE trouble <> ''")
            ]
            for box in ("inbox", "outbox"):
                found += [
                    f"{box}: {row['outcome']}"
                    for row in tables.rows(
                        f"SELECT outcome FROM {box} WHERE state = 'dead' OR outcome LIKE '%defect%'"
                        " OR outcome LIKE '%wrong on our side%'"
                    )
                ]
        return found
