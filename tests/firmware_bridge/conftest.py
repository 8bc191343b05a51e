"""Fixtures of the bridge's tests: a bank of emulated locks, a small service, and a bridge between them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.lockbank import LockBank
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.line import Line
from tests.firmware_bridge.process import Process
from tests.firmware_bridge.store import Store
from tests.firmware_bridge.world import DOORS, LAYOUT


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """The bridge's parts on a clock the test moves."""
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


@pytest.fixture
def locks() -> Iterator[LockBank]:
    """24 doors on two boards."""
    with LockBank(doors=DOORS) as locks:
        yield locks


@pytest.fixture
def line(tmp_path: Path, locks: LockBank) -> Iterator[Line]:
    """A bus before them."""
    with Line(tmp_path, locks.path) as line:
        yield line


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A service that knows how they are wired."""
    with FakeCloud() as cloud:
        cloud.tell(layout=LAYOUT)
        yield cloud


@pytest.fixture
def store(tmp_path: Path, cloud: FakeCloud, locks: LockBank) -> Iterator[Store]:
    """A bridge in this process, ready."""
    with Store(tmp_path, cloud, locks) as store:
        yield store.ready()


@pytest.fixture
def bridge(tmp_path: Path, cloud: FakeCloud, locks: LockBank) -> Iterator[Process]:
    """A bridge as a process of its own, ready; whoever has not killed it sees it end cleanly."""
    with Process(tmp_path, cloud, locks) as bridge:
        yield bridge
        if bridge.runs:
            assert bridge.kill(signal.SIGTERM) == 0
