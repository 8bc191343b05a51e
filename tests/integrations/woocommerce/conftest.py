from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.running import Receiver, receiver


@pytest.fixture
def news() -> Iterator[Receiver]:
    """A server for webhooks."""
    with receiver() as it:
        yield it
