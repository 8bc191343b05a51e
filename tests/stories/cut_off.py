"""A store with its line to the service, which a story may cut: a real service, a real bridge, an imagined bank."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session
from waitress.server import create_server

from bopis import app, clock, wiring
from bopis.bell import BankListener
from bopis.bridges import actions as bridges
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.bridges.people import people
from bopis.bridges.queries import bridge_of
from bopis.config import Settings
from bopis.drain import drain
from bopis.lockers.models import Bank
from bopis.outbox import OutboxEntry
from bopis.pickups import grants
from bopis.pickups.work import work_list
from bopis.tasks import Task
from bopis.timeline import entries
from devtools.probes import free_ports
from firmware_bridge.config import Config
from sandbox.lockbank import LockBank
from tests.firmware_bridge.running import Running
from tests.firmware_bridge.world import until
from tests.world import PIN, SECRET_KEY, World, build

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


class Store(Running):
    """Fernhill's High Street: its service, its line, its bank of six doors and the bridge between them."""

    def __init__(self, folder: Path, world: World, service: wiring.Service, line: Line, url: str, locks: LockBank):
        self.world, self.service, self.line, self.locks = world, service, line, locks
        self.offer("FRESH")
        (folder / "code").write_text("FRESH")
        super().__init__(Config(folder / "data", url, locks.path, kiosk_port=0, enrolment_code_file=folder / "code"))

    def offer(self, code: str) -> None:
        """An admin makes an enrolment code."""
        with self.world.database.transaction() as session:
            bridges.offer_enrolment(session, session.get_one(Bank, self.world.bank_id), code, clock.now())

    def start(self) -> None:
        super().start()
        try:
            until(lambda: self.state()["ready"] and all(door["state"] == "shut" for door in self.state()["doors"]))
        except BaseException:
            self.stop()
            raise

    def told(self) -> None:
        """The bridge has heard of everything there is to hear now."""
        drain(self.service)
        held = self.agent.sync._held
        until(lambda: self.state()["online"])

        def current() -> bool:
            with self.world.database.reading() as session:
                newest = session.get_one(Bank, self.world.bank_id).sync_version
                ours = {"work": work_list, "staff": people}
                lists = {name: look(session, self.world.bank_id)["hash"] for name, look in ours.items()}
            cursor = self.agent.journal.read("cursor") or ""
            return cursor.endswith(f":{newest}") and lists.items() <= held.hashes().items()

        until(current, 40)

    def cut(self) -> None:
        self.line.cut = True
        with self.world.database.transaction() as session:  # an answer to whatever is held open, which does not arrive
            bridges.command_end_presence(session, self.world.bank_id, "nobody", self.world.ada_id, clock.now())
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
        """What the service has heard of the bridge that is enrolled now."""
        with self.world.database.reading() as session:
            bridge = self.bridge(session)
            statement = select(DeviceEvent).where(DeviceEvent.bridge_id == bridge.id).order_by(DeviceEvent.seq)
            return list(session.scalars(statement))

    def bridge(self, session: Session) -> Bridge:
        found = bridge_of(session, self.world.bank_id)
        assert found is not None
        return found

    def status(self) -> dict[str, Any]:
        """What the bridge says of itself to whoever watches it."""
        return requests.get(f"{self.agent.kiosk_url}/status", timeout=15).json()

    def story(self, pickup: str) -> list[tuple[str, str]]:
        """What stands on a pickup's timeline, and who did it."""
        with self.world.database.reading() as session:
            return [(entry.what, entry.actor) for entry in entries(session, pickup)]

    def tasks(self) -> dict[str, str]:
        with self.world.database.reading() as session:
            return {task.kind: task.reason for task in session.scalars(select(Task).where(Task.settled_at.is_(None)))}


@contextmanager
def running_store(folder: Path, database_url: str, redis_url: str) -> Iterator[Store]:
    """Fernhill's High Street at work, on a fresh database."""
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
    with LockBank(doors=doors) as locks, Store(folder, world, service, line, url, locks) as store:
        yield store
        line.cut = True
    service.database.close()
