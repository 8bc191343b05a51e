"""Bridges as they are delivered, without their threads: the test says when each does its work, on a virtual clock."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import requests
from flask.testing import FlaskClient
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from firmware_bridge import agent as agents
from firmware_bridge.agent import Agent
from firmware_bridge.bus import Bus
from firmware_bridge.clock import Clock as BridgeClock
from firmware_bridge.cloud import Cloud, CloudError, enrol, load_identity
from firmware_bridge.config import Config
from firmware_bridge.desk import Desk
from firmware_bridge.folder import opened_data
from firmware_bridge.handover import Handover
from firmware_bridge.kiosk.server import kiosk_app
from tests.simulation.bank import URL
from tests.simulation.lockers import Lockers
from tests.simulation.mishaps import Deaths
from tests.simulation.outside import Clock

ROUND_TRIP = 0.3
"""Seconds that one exchange with the service takes, whatever it carries."""
TICK = 0.1
PATIENCE = 12.0


class Wire(BaseAdapter):
    """The internet between stores and service: real requests, carried by hand. `line` is the one in use now."""

    def __init__(self, service: FlaskClient, clock: Clock) -> None:
        super().__init__()
        self._service, self._clock = service, clock
        self.line = Line(clock, random.Random(0))
        self.lost: Counter[str] = Counter()
        """What drops of a few seconds took: `request`, or `answer` of one that the service has heard."""

    def session(self) -> requests.Session:
        session = _Session()
        session.trust_env = False
        session.mount("http://", self)
        return session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._clock.pass_by(ROUND_TRIP)
        down = self.line.is_down()
        if down == "before":
            self.lost["request"] += not self.line.cut
            raise requests.ConnectionError("no route")
        told = self._service.post(request.path_url, data=request.body, headers=dict(request.headers))
        if down or self.line.is_down():
            self.lost["answer"] += 1
            raise requests.ConnectionError("the answer was lost")
        answer = requests.Response()
        answer.status_code, answer.headers = told.status_code, requests.structures.CaseInsensitiveDict(told.headers)
        answer.raw = HTTPResponse(io.BytesIO(told.data), preload_content=False)
        answer.url, answer.request = request.url or "", request
        return answer

    def close(self) -> None:
        """There is nothing to close."""


_Session = requests.Session


class Line:
    """One store's line. It is cut for good, or drops for some seconds; then requests are lost, or only the answers."""

    def __init__(self, clock: Clock, drawn: random.Random) -> None:
        self.cut = False
        self.drops = 0
        self._clock, self._drawn = clock, drawn
        self._until = 0.0

    def drop(self, seconds: float) -> None:
        """Fall silent for so long."""
        self.drops += 1
        self._until = self._clock.now().timestamp() + seconds

    def is_down(self) -> str:
        """`before` the service hears anything, `after` it did, or nothing."""
        if self.cut:
            return "before"
        if self._clock.now().timestamp() < self._until:
            return self._drawn.choice(("before", "after"))
        return ""


@contextmanager
def virtual(clock: Clock, wire: Wire, lines: dict[str, Lockers], deaths: Deaths) -> Iterator[None]:
    """Bridges made and run in here live on this clock, speak over this wire, find their boards in `lines`, and die
    where `deaths` says."""

    def now() -> float:
        return clock.now().timestamp()

    with ExitStack() as stack:
        for where, what in (
            ("firmware_bridge.journal.Clock", partial(BridgeClock, now, now)),
            ("firmware_bridge.agent.Bus", partial(Bus, mono=now)),
            ("firmware_bridge.agent.Handover", partial(Handover, sleep=clock.pass_by)),
            ("firmware_bridge.agent.Desk", partial(Desk, sleep=clock.pass_by)),
            ("firmware_bridge.agent.KioskServer", lambda *_: SimpleNamespace(url="", run=None)),
            ("firmware_bridge.bus.open_line", lambda address, _: lines[address]),
            ("requests.Session", wire.session),
        ):
            stack.enter_context(mock.patch(where, what))
        stack.enter_context(mock.patch.object(Agent, "_spawn"))
        stack.enter_context(deaths.everywhere())
        assert agents.Bus is not Bus
        yield


class Machine:
    """One bridge with its kiosk on one bank. Nothing happens in it but what is called here."""

    def __init__(self, name: str, folder: Path, lockers: Lockers, clock: Clock, wire: Wire, line: Line) -> None:
        self.lockers, self.line = lockers, line
        self.boots = 0
        self._clock, self._wire = clock, wire
        self._config = Config(folder / name, URL, name, kiosk_port=0)
        self._upkeep = 0.0
        self._open = ExitStack()

    def enrol(self, code: str) -> None:
        """Become the bank's bridge."""
        self._wire.line = self.line
        with opened_data(self._config) as journal:
            enrol(journal, URL, code)

    def start(self) -> None:
        """Power on."""
        self.boots += 1
        self._wire.line = self.line
        self.journal = self._open.enter_context(opened_data(self._config))
        # Whoever dies here loses what was not committed. No disk loses what was, so none needs to be waited for.
        self.journal.db.execute("PRAGMA synchronous = OFF")
        self.agent = Agent(self._config, self.journal)
        identity = load_identity(self.journal)
        assert identity is not None
        self.agent.judge.bank_key = self.agent.pins.bank_key = identity.bank_key
        self.agent.start()
        self.cloud = Cloud(identity, URL, self.journal.clock)
        self._kiosk = kiosk_app(self.agent.parts, "127.0.0.1", 5.5).test_client()
        if self.agent.bank.layout is not None:
            self.see()

    def cut_power(self) -> None:
        """Power off, at whatever it was about: what was not committed is gone."""
        self._open.close()
        self.agent.bus.stop()
        self.agent.bus.run()
        self.cloud.close()

    def press(self, what: str, **body: Any) -> Any:
        """What the kiosk's page would post; its answer."""
        return self._kiosk.post(f"/api/{what}", json=body).get_json()

    def see(self) -> None:
        """Let it learn how every door stands."""
        self.work(lambda: all(door.state != "unknown" for door in self.agent.bank.doors.values()))

    def work(self, until: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Let bus and timers run until something is so; False when it did not become so in time."""
        end, tick = self._now() + seconds, 0.0
        while True:
            if self._now() >= tick:
                self._tick()
                tick = self._now() + TICK
            if until():
                return True
            if self._now() >= end:
                return False
            pause = self.agent.bus.step()
            if pause > 0:
                self.lockers.pass_by(min(pause, TICK))

    def look(self) -> None:
        """Time has passed without it: what stands there now is read, and what is due is done."""
        self.work(lambda: False, seconds=0.6)

    def speak(self) -> bool:
        """Sync until there is nothing left to carry; False when the line failed."""
        self._wire.line = self.line
        try:
            while self.agent.sync.exchange(self.cloud, 0):
                pass
        except CloudError:
            return False
        return True

    def _tick(self) -> None:
        agent = self.agent
        agent.bank.tick()
        agent.handover.tick()
        agent.desk.tick()
        while agent.commands.step():
            agent.handover.tick()
        agent.parts.presence.tick()
        if self._now() >= self._upkeep:
            self._upkeep = self._now() + agents.UPKEEP_SECONDS
            self.journal.upkeep()

    def _now(self) -> float:
        return self._clock.now().timestamp()
