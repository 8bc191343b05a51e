from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.webhooks.door import Door, open_door


@pytest.fixture
def door(database_url: str, redis_url: str) -> Iterator[Door]:
    """The service at its webhook address, on each kind of database."""
    with open_door(database_url, redis_url) as it:
        yield it
