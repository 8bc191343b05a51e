"""A real bridge process' parts between a fake service over HTTP and emulated boards over a pseudo-terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from firmware_bridge.agent import Agent, open_data
from firmware_bridge.config import Config
from firmware_bridge.protocol import codes
from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.world import DOORS, LAYOUT, grant, until


class Store:
    """One bridge with its kiosk."""

    def __init__(self, folder: Path, cloud: FakeCloud, bank: LockBank) -> None:
        (folder / "code").write_text(cloud.code)
        self.config = Config(folder / "data", cloud.url, bank.path, kiosk_port=0, enrolment_code_file=folder / "code")
        self.cloud, self.bank = cloud, bank
        self.agent: Agent
        self.start()

    def start(self) -> None:
        journal, self._lock = open_data(self.config)
        self.agent = Agent(self.config, journal)
        self.agent.start()

    def stop(self) -> None:
        self.agent.stop()
        self._lock.close()

    def state(self) -> dict[str, Any]:
        return requests.get(f"{self.agent.kiosk_url}/api/state?since=0", timeout=5).json()

    def post(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self.agent.kiosk_url}/api/{path}", json=body, timeout=5)
        return answer.json()

    def ready(self) -> Store:
        until(lambda: self.state()["ready"] and self.state()["online"])
        until(lambda: all(door["state"] == "shut" for door in self.state()["doors"]))
        return self

    def phase(self, phase: str) -> dict[str, Any]:
        return until(lambda: (self.state()["session"] or {}).get("phase") == phase and self.state()["session"])


@pytest.fixture
def bank() -> Iterator[LockBank]:
    with LockBank(doors=DOORS) as bank:
        yield bank


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as cloud:
        cloud.tell(layout=LAYOUT)
        yield cloud


@pytest.fixture
def store(tmp_path: Path, cloud: FakeCloud, bank: LockBank) -> Iterator[Store]:
    store = Store(tmp_path, cloud, bank)
    yield store.ready()
    store.stop()


def holds(store: Store, body: dict[str, Any]) -> None:
    """Give the bridge a grant and wait until it has it."""
    store.cloud.tell(grants=[body])
    until(lambda: store.agent.handover._grants.get(body["id"]))


def test_the_right_code_opens_its_door_and_the_service_hears_of_it(store: Store) -> None:
    holds(store, grant(7))
    asked = time.monotonic()
    assert store.post("code", code="047193508") == {"verdict": "open", "retry_after": None}
    assert store.phase("open")["door"] == 7
    assert [pulse.door for pulse in store.bank.pulses] == [7]
    assert store.bank.pulses[0].mono - asked < 1
    opened = store.cloud.event("door_opened", door=7, cause="grant", grant="grant-1", pulses=1)
    store.bank.shut_door(7)
    store.phase("shut")
    shut = store.cloud.event("door_shut", door=7, cause="grant")
    assert shut["attempt"] == opened["attempt"]
    assert shut["item"] == "absent"


def test_a_wrong_code_opens_nothing(store: Store) -> None:
    holds(store, grant(7))
    assert store.post("code", code="047193509")["verdict"] == "no"
    assert store.cloud.event("code_refused")["reason"] == "wrong_code"
    assert store.bank.pulses == []


def test_a_scanned_qr_opens_its_door(store: Store) -> None:
    holds(store, grant(9))
    assert store.post("scan", text=codes.write_qr(b"q" * 16))["verdict"] == "open"
    assert store.phase("open")["door"] == 9
