"""A store without its line: staff and shoppers at the kiosk of a real bridge, and a real service that hears of it all
in the end. Whatever either side decided meanwhile, what happened holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select
from waitress.server import create_server

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.bridges import actions as bridges
from bopis.bridges.models import DeviceEvent
from bopis.config import Settings
from bopis.drain import drain
from bopis.lockers.models import Bank
from bopis.outbox import OutboxEntry
from bopis.pickups import grants
from bopis.pickups.models import Pickup
from bopis.pickups.work import work_list
from bopis.tasks import Task
from devtools.probes import free_ports
from firmware_bridge.agent import Agent, opened_data
from firmware_bridge.config import Config
from sandbox.lockbank import LockBank
from tests.firmware_bridge.world import until
from tests.world import PIN, SECRET_KEY, World, build

pytestmark = pytest.mark.timeout(120)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Line:
    """The way from the store to the service, until it is cut."""

    def __init__(self, service: Wsgi) -> None:
        self._service = service
        self.cut = False

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        said: list[Any] = []
        answer = [] if self.cut else self._service(environ, lambda *head: said.append(head))  # type: ignore[arg-type]
        if self.cut:
            said, answer = [("503 Service Unavailable", [("Content-Type", "application/json")])], [b"{}"]
        start(*said[0][:2])
        return answer


class Store:
    """Fernhill's High Street: its service, its line, its bank of six doors and the bridge between them."""

    def __init__(self, folder: Path, world: World, service: wiring.Service, line: Line, url: str, locks: LockBank):
        self.folder, self.world, self.service, self.line, self.url, self.locks = (
            folder,
            world,
            service,
            line,
            url,
            locks,
        )
        with world.database.transaction() as session:
            bridges.offer_enrolment(session, session.get_one(Bank, world.bank_id), "FRESH", clock.now())
        (folder / "code").write_text("FRESH")
        self.config = Config(folder / "data", url, locks.path, kiosk_port=0, enrolment_code_file=folder / "code")
        self.start()

    def start(self) -> None:
        self._data = opened_data(self.config)
        self.agent = Agent(self.config, self._data.__enter__())
        self.agent.start()
        until(lambda: self.state()["ready"] and all(door["state"] == "shut" for door in self.state()["doors"]))

    def stop(self) -> None:
        self.agent.stop()
        self._data.__exit__(None, None, None)

    def state(self) -> dict[str, Any]:
        return requests.get(f"{self.agent.kiosk_url}/api/state", timeout=15).json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return requests.post(f"{self.agent.kiosk_url}/api/{path}", json=body, timeout=15).json()

    def told(self) -> None:
        """The bridge has heard of everything there is to hear now."""
        drain(self.service)
        held = self.agent.sync._held
        until(lambda: self.state()["online"])

        def current() -> bool:
            with self.world.database.reading() as session:
                newest = session.get_one(Bank, self.world.bank_id).sync_version
                work = work_list(session, self.world.bank_id)["hash"]
            cursor = self.agent.journal.read("cursor") or ""
            return cursor.endswith(f":{newest}") and held.hashes()["work"] == work

        until(current, 40)

    def cut(self) -> None:
        self.line.cut = True
        until(lambda: not self.state()["online"], 40)

    def mend(self) -> None:
        """The line is back, and everything has been said."""
        self.line.cut = False
        until(lambda: self.state()["online"] and not self.agent.journal.rows("SELECT 1 FROM events"), 60)
        drain(self.service)

    def sign_in(self, badge: str = "A1", pin: str = PIN) -> str:
        return self.post("staff/sign-in", badge=badge, pin=pin)["verdict"]

    def job(self, phase: str) -> dict[str, Any]:
        """Wait until the door of staff at the kiosk is so."""

        def there() -> Any:
            job = (self.state()["staff"] or {}).get("job")
            return job if job and job["phase"] == phase else None

        return until(there)

    def loads(self, pickup: str) -> int:
        """Staff put an order into the door that opens."""
        assert self.post("staff/load", pickup=pickup) == {"ok": True}
        door = self.job("open")["door"]
        self.locks.put_item(door)
        self.locks.shut_door(door)
        self.job("shut")
        return door

    def collects(self, code: str) -> int:
        """A shopper types a code, takes everything and shuts the door."""
        assert self.post("code", code=code)["verdict"] == "open"
        session = until(lambda: (self.state()["session"] or {}).get("phase") == "open" and self.state()["session"])
        self.locks.take_item(session["door"])
        self.locks.shut_door(session["door"])
        until(lambda: (self.state()["session"] or {}).get("phase") == "shut")
        self.post("done")
        return session["door"]

    def code(self, pickup: str) -> str:
        with self.world.database.reading() as session:
            grant = grants.open_grant(session, pickup)
            assert grant is not None
            return grants.code_of(grant).written()  # type: ignore[union-attr]

    def texts(self, pickup: str) -> int:
        """How often the shopper of an order was to be told that it is ready."""
        with self.world.database.reading() as session:
            rows = session.scalars(select(OutboxEntry).where(OutboxEntry.kind == "TellShopper"))
            return sum(pickup in str(vars(row)) for row in rows)

    def events(self) -> list[DeviceEvent]:
        with self.world.database.reading() as session:
            ours = DeviceEvent.bridge_id != self.world.bridge_id  # the world's own bridge was replaced by this one
            return list(session.scalars(select(DeviceEvent).where(ours).order_by(DeviceEvent.seq)))

    def tasks(self) -> dict[str, str]:
        with self.world.database.reading() as session:
            return {task.kind: task.reason for task in session.scalars(select(Task).where(Task.settled_at.is_(None)))}


@pytest.fixture
def store(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Store]:
    port = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    service = wiring.build(Settings(database_url, redis_url, (SECRET_KEY,), "http://web.test", url))
    world = build(database_url)
    world.database.close()
    world.database = service.database
    line = Line(app.create_bridges_app(service, BankListener(redis_url)).wsgi_app)
    server = create_server(line, host="127.0.0.1", port=port, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    doors = [{"number": n, "board": 0, "channel": n - 1} for n in range(1, 7)]
    with LockBank(doors=doors) as locks:
        store = Store(tmp_path, world, service, line, url, locks)
        yield store
        line.cut = True
        store.stop()
    service.database.close()


def test_a_store_loads_hands_out_and_takes_back_without_the_line_and_the_service_hears_it_all_once(
    store: Store,
) -> None:
    world = store.world
    waiting, called_off, first, second = (world.order(number) for number in "1234")
    store.told()
    assert store.sign_in() == "in"
    put_in = {store.loads(waiting), store.loads(called_off)}
    store.post("staff/sign-out", press="")
    until(lambda: [world.state(pickup) for pickup in (waiting, called_off)] == ["ready", "ready"])
    world.news(world.snapshot("2", cancelled_at=clock.now()))
    store.told()
    store.cut()

    assert store.sign_in() == "in"
    items = {item["pickup"]: item for item in store.state()["staff"]["items"]}
    assert {pickup: item["action"] for pickup, item in items.items()} == {
        called_off: "reclaim",
        first: "load",
        second: "load",
    }
    named = store.loads(first)
    with world.database.reading() as session:
        promised = session.get_one(Pickup, second).wanted_placements()[0].compartment.number  # type: ignore[union-attr]
    store.locks.misbehave(door=promised, stuck=True)
    store.post("staff/load", pickup=second)
    assert store.job("failed")["door"] == promised
    other = store.loads(second)
    assert other not in {named, promised} | put_in
    assert store.collects(store.code(waiting)) in put_in
    code = store.code(first)
    assert store.collects(code) == named
    assert store.post("staff/reclaim", pickup=called_off) == {"ok": True}
    door = store.job("open")["door"]
    store.locks.take_item(door)
    store.locks.shut_door(door)
    store.job("shut")
    store.post("staff/sign-out", press="")

    store.mend()
    events = store.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert not [event.trouble for event in events if event.trouble]
    states = [world.state(pickup) for pickup in (waiting, called_off, first, second)]
    assert states == ["collected", "returned", "collected", "ready"]
    assert (other, "loaded") in world.placements(second)
    assert store.texts(second) == 1
    store.told()
    assert store.collects(store.code(second)) == other
