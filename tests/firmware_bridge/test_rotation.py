"""The bridge's key is changed in time, and a power cut at any step leaves a bridge that is let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import rotation
from firmware_bridge.cloud import Cloud, CloudError, enrol, load_identity
from firmware_bridge.identity import forget_identity
from firmware_bridge.journal import Journal
from firmware_bridge.rotation import CHANGE_AFTER_SECONDS, Keyring
from tests.firmware_bridge.fake_cloud import FakeCloud

BODY = {"cursor": "0", "wait": 0, "layout": None, "doors": {}, "events": [], "results": []}


class PowerCut(Exception):
    pass


class Machine:
    """A bridge's keys and its line, started anew as often as a test pulls the plug."""

    def __init__(self, folder: Path, service: FakeCloud) -> None:
        self.folder, self.service = folder, service
        self.start()
        enrol(self.journal, service.url, service.code)
        self.start()

    def start(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
        self.journal = Journal(self.folder / "journal.db", "boot")
        identity = load_identity(self.journal)
        if identity is not None:
            self.keys = Keyring(self.journal, identity)
            self.cloud = Cloud(identity, self.service.url, self.journal.clock, self.keys)

    def sync(self) -> str:
        """One sync; returns the key it was signed with."""
        self.journal.clock.believe(self.service.now().timestamp())
        self.cloud.sync(BODY, 0)
        return self.service.signed_by[-1]

    def ages(self) -> None:
        since = self.journal.clock.now() - CHANGE_AFTER_SECONDS
        self.journal.write("key_since", str(since))


@pytest.fixture
def service() -> Iterator[FakeCloud]:
    with FakeCloud() as service:
        yield service


@pytest.fixture
def machine(tmp_path: Path, service: FakeCloud) -> Iterator[Machine]:
    machine = Machine(tmp_path, service)
    yield machine
    machine.cloud.close()
    machine.journal.close()


def test_a_young_key_stays(machine: Machine, service: FakeCloud) -> None:
    assert {machine.sync(), machine.sync()} == {"bridge-1"}
    assert service.keys == {}


def test_at_two_thirds_of_its_life_it_is_changed_and_the_next_sync_is_signed_with_the_new_one(
    machine: Machine, service: FakeCloud
) -> None:
    machine.sync()
    machine.ages()
    assert machine.sync() == "bridge-1"
    assert machine.sync() == next(iter(service.keys))
    machine.start()
    assert machine.sync() == next(iter(service.keys))
    assert len(service.keys) == 1
    assert machine.journal.read("next_key") is None


def test_it_is_changed_when_the_service_wants_it(machine: Machine, service: FakeCloud) -> None:
    service.wants_new_key = True
    machine.sync()
    machine.sync()
    assert machine.sync() == next(iter(service.keys))


@pytest.mark.parametrize("step", ["key_made", "key_answered", "key_kept"])
def test_a_power_cut_at_any_step_leaves_a_bridge_that_is_let_in(
    machine: Machine, service: FakeCloud, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def dies(name: str) -> None:
        if name == step:
            raise PowerCut

    machine.sync()
    machine.ages()
    monkeypatch.setattr(rotation, "reached", dies)
    with pytest.raises(PowerCut):
        machine.sync()
    monkeypatch.setattr(rotation, "reached", lambda name: None)
    machine.start()
    machine.sync()
    machine.sync()
    assert machine.sync() == next(iter(service.keys))
    assert len(service.keys) == 1


def test_a_key_the_service_names_that_was_not_offered_is_not_taken(machine: Machine) -> None:
    machine.ages()
    machine.journal.clock.believe(machine.service.now().timestamp())
    machine.keys.offer()
    for told in ({"id": "bridge-1.2-00000000"}, {"id": 7}, "x", None):
        machine.keys.take(told)
    assert machine.keys.identity.key_id == "bridge-1"


def test_a_key_that_is_no_longer_good_is_said_to_be_refused(machine: Machine, service: FakeCloud) -> None:
    service.bridge_key = None
    with pytest.raises(CloudError) as problem:
        machine.sync()
    assert problem.value.code == "bad_signature"


def test_enrolled_anew_it_has_another_key_and_tells_its_events_from_the_first_number_on(
    machine: Machine, service: FakeCloud
) -> None:
    before = machine.keys.identity.key.private_bytes_raw()
    for _ in range(3):
        machine.journal.append("bridge_started", {})
    machine.journal.prune(2)
    forget_identity(machine.journal)
    fresh = enrol(machine.journal, service.url, service.code)
    assert fresh.key.private_bytes_raw() != before
    assert machine.journal.events(10) == []
    machine.journal.acknowledge(0, [])
    assert [event["seq"] for event in machine.journal.events(10)] == [1]
