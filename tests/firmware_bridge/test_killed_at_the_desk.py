"""No line, and the bridge dies at each step of what staff and shoppers do at the kiosk meanwhile, once each.

Afterwards they do what people do, they try again; then the line is back. What the boards did is asked of the boards,
what was reported of the service.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.lockbank import LockBank
from sandbox.lockbank.protocols.hj_8a80 import Hj8a80
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.process import Process
from tests.firmware_bridge.test_staff import PIN, order, person
from tests.firmware_bridge.world import DOORS, LAYOUT, grant, until

RIGHT = "047193508"
MOVING = ("intent_kept", "pulse_sent", "outcome_kept", "change_kept")
STEPS = [
    *(("sign_in", point) for point in ("badge_counted", "signed_in")),
    *(("load", point) for point in MOVING),
    *(("take_back", point) for point in MOVING),
    ("set_aside", "deed_kept"),
    ("say_empty", "deed_kept"),
    *(("collect", point) for point in ("code_counted", *MOVING)),
]


class Kiosk:
    """Order 1 is to be loaded into door 7, order 2 to be taken out of door 12, and nobody answers the bridge."""

    def __init__(self, bridge: Process, cloud: FakeCloud, locks: LockBank) -> None:
        self.bridge, self.cloud, self.locks = bridge, cloud, locks

    def does(self, step: str) -> None:
        """One of STEPS, by whoever does it; staff sign in for it."""
        if step not in ("sign_in", "collect"):
            self.sign_in()
        getattr(self, step)()

    def sign_in(self) -> None:
        assert self.bridge.post("staff/sign-in", badge="A1001", pin=PIN)["verdict"] == "in"

    def load(self) -> None:
        """Put order 1 into the door that opens for it, unless it is in."""
        if self._stage("1") == "loaded":
            return
        assert self.bridge.post("staff/load", pickup="1") == {"ok": True}
        door = self._open_door()
        self.locks.put_item(door)
        self._shut(door)
        until(lambda: self._stage("1") == "loaded")

    def take_back(self) -> None:
        """Take order 2 out of door 12, unless it is out; the sensor sees that nothing is left."""
        if self._stage("2") is None:
            return
        assert self.bridge.post("staff/reclaim", pickup="2") == {"ok": True}
        door = self._open_door()
        self.locks.take_item(door)
        self._shut(door)
        until(lambda: self._stage("2") is None)

    def say_empty(self) -> None:
        """Take order 2 out of door 12, unless it is out, and say that nothing is left: no sensor sees that here."""
        if self._stage("2") == "todo":
            assert self.bridge.post("staff/reclaim", pickup="2") == {"ok": True}
            self._shut(self._open_door())
            until(lambda: self._stage("2") == "look")
        if self._stage("2") == "look":
            assert self.bridge.post("staff/empty", pickup="2") == {"ok": True}
        until(lambda: self._stage("2") is None)

    def set_aside(self) -> None:
        """Take order 1 to the counter."""
        if self._stage("1") == "todo":
            assert self.bridge.post("staff/set-aside", pickup="1") == {"ok": True}
        until(lambda: self._stage("1") is None)

    def collect(self) -> None:
        """The shopper of order 1 takes it."""
        assert self.bridge.code(RIGHT) == "open"
        until(lambda: self.bridge.state()["session"]["phase"] == "open")
        (door,) = self._standing_open()
        with contextlib.suppress(ValueError):
            self.locks.take_item(door)
        self._shut(door)
        until(lambda: self.bridge.state()["session"]["phase"] == "shut")

    def shut_all(self) -> None:
        for door in self._standing_open():
            self.locks.shut_door(door)

    def _open_door(self) -> int:
        until(lambda: (self.bridge.state()["staff"] or {})["job"]["phase"] == "open")
        return int(self.bridge.state()["staff"]["job"]["door"])

    def _shut(self, door: int) -> None:
        self.locks.shut_door(door)

    def _stage(self, pickup: str) -> str | None:
        items = (self.bridge.state()["staff"] or {"items": []})["items"]
        return next((item["stage"] for item in items if item["pickup"] == pickup), None)

    def _standing_open(self) -> list[int]:
        return [box.number for box in self.locks.compartments.values() if not box.shut]


BLIND = [{**door, "board": 1, "channel": number} for number, door in enumerate(DOORS)]
"""The same doors on a board without sensors for what lies behind them."""


@pytest.fixture
def locks(request: pytest.FixtureRequest, cloud: FakeCloud) -> Iterator[LockBank]:
    if request.node.callspec.params["step"] == "say_empty":
        cloud.tell(layout={**LAYOUT, "hash": "blind", "board": Hj8a80.name, "doors": BLIND})
        with LockBank(boards=1, doors=BLIND, protocol=Hj8a80()) as locks:
            yield locks
    else:
        with LockBank(doors=DOORS) as locks:
            yield locks


@pytest.fixture
def kiosk(tmp_path: Path, cloud: FakeCloud, locks: LockBank) -> Iterator[Kiosk]:
    items = [order("1", 7, grant="grant-1"), order("2", 12, action="reclaim")]
    cloud.tell(
        grants=[grant(7, active=False)],
        staff={"hash": "s", "people": [person()]},
        work={"hash": "w", "items": items, "taken": [12]},
    )
    with Process(tmp_path, cloud, locks) as bridge:
        until(lambda: bridge.find("SELECT * FROM meta WHERE name = 'work'") and bridge.find("SELECT * FROM grants"))
        bridge.kill()
        cloud.silence(True)
        locks.open_door(12)
        locks.put_item(12)
        locks.shut_door(12)
        locks.moves.clear()
        yield Kiosk(bridge, cloud, locks)


@pytest.mark.parametrize(("step", "point"), STEPS)
def test_killed_without_a_line_nothing_is_lost_and_nothing_moves_by_itself(kiosk: Kiosk, step: str, point: str) -> None:
    if step == "collect":
        kiosk.bridge.start()
        kiosk.sign_in()
        kiosk.load()
        kiosk.bridge.kill()
    kiosk.bridge.start(dies_at=point)
    kiosk.bridge.ready()
    with contextlib.suppress(requests.RequestException):
        kiosk.does(step)
    kiosk.bridge.dies()
    kept = kiosk.bridge.find("SELECT seq, kind FROM events ORDER BY seq")
    with contextlib.suppress(AssertionError):  # a door takes a moment to pop
        until(lambda: any(not box.shut for box in kiosk.locks.compartments.values()), 1)
    pulses = len(kiosk.locks.pulses)
    assert pulses <= len(kiosk.bridge.find("SELECT * FROM intents")), "a pulse that nobody had written down"
    kiosk.shut_all()
    kiosk.bridge.start()
    assert len(kiosk.locks.pulses) == pulses, "a pulse by itself after a restart"
    if (step, point) != ("collect", "change_kept"):  # by then the shopper has gone
        kiosk.does(step)
    all_is_told(kiosk, kept)


def all_is_told(kiosk: Kiosk, kept: list[tuple[int, str]]) -> None:
    """The line is back: the service holds every event once, in order, as it was before the bridge died."""
    kiosk.bridge.kill()
    kiosk.cloud.silence(False)
    kiosk.bridge.start()
    until(lambda: not kiosk.bridge.find("SELECT * FROM events"), 30)
    told = {seq: event["kind"] for seq, event in sorted(kiosk.cloud.events.items())}
    assert list(told) == list(range(1, len(told) + 1)), "an event was lost"
    assert [(seq, told[seq]) for seq, _ in kept] == kept, "an event was changed"
    moved = {event["data"].get("door") for event in kiosk.cloud.events.values() if event["kind"].startswith("door_")}
    assert {move.door for move in kiosk.locks.moves if move.what == "shut"} <= moved, "a door moved unsaid"
    ended = [
        event["data"]["door"]
        for event in kiosk.cloud.events.values()
        if event["kind"] in ("door_shut", "confirmed_empty")
    ]
    assert len(kiosk.locks.pulses) <= len(kiosk.bridge.find("SELECT * FROM intents"))
    assert {move.door for move in kiosk.locks.moves if move.what == "shut"} <= set(ended)
