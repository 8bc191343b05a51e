from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.running import Receiver, Running, receiver, running_sandbox


@pytest.fixture
def running() -> Iterator[Running]:
    """A fresh sandbox that sends its webhooks nowhere."""
    with running_sandbox() as it:
        yield it


@pytest.fixture
def news() -> Iterator[Receiver]:
    """A server for webhooks and delivery reports."""
    with receiver() as it:
        yield it


@pytest.fixture
def telling(news: Receiver) -> Iterator[Running]:
    """A fresh sandbox that sends its webhooks to `news`."""
    with running_sandbox(news.url) as it:
        yield it
