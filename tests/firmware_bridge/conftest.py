"""Fixtures of the bridge's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware_bridge.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """The bridge's parts on a clock the test moves."""
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()
