"""What every shop platform must do for us. A platform's own tests subclass `PlatformContract` and bring a `Shop`.

A `Shop` is a pretend shop of that platform and the little a test must know to use it: how it places an order, what its
deliveries look like, what it was told. Everything else here speaks of our side alone, a file for each subject.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from bopis import clock
from tests.contracts.connecting import Connecting
from tests.contracts.lost import Lost
from tests.contracts.meeting import Meeting as Meeting
from tests.contracts.meeting import met
from tests.contracts.ours import Ours
from tests.contracts.receiving import Receiving
from tests.contracts.shop import Sent as Sent
from tests.contracts.shop import Shop as Shop
from tests.contracts.telling import Telling


class PlatformContract(Receiving, Ours, Telling, Lost, Connecting):
    """Subclass it as `Test<Platform>` and add a fixture `shop`."""

    @pytest.fixture
    def meeting(self, shop: Shop, database_url: str, redis_url: str) -> Iterator[Meeting]:
        with met(shop, database_url, redis_url) as meeting:
            yield meeting

    @pytest.fixture
    def later(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Moves our clock."""
        real, ahead = clock.now, [dt.timedelta()]
        monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

        def move(**by: float) -> None:
            ahead[0] += dt.timedelta(**by)

        return move
