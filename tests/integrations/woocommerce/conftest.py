from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.public import PublicCaller
from integrations.woocommerce import WooCommercePlatform
from tests.integrations.woocommerce.desk import BEGAN, Desk
from tests.sandbox.running import Receiver, receiver, running_sandbox


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = [BEGAN]
    with running_sandbox(now=lambda: clock[0]) as running:
        yield Desk(running, WooCommercePlatform(PublicCaller(private=True, whole_seconds=1.0), running.url), clock)


@pytest.fixture
def news() -> Iterator[Receiver]:
    """A server for webhooks."""
    with receiver() as it:
        yield it
