from __future__ import annotations

import pytest

from bopis.ports import Account
from integrations.stripe import StripePayments
from tests.sandbox.running import CARDS_KEY, CARDS_WEBHOOK_SECRET, Running


@pytest.fixture
def account() -> Account:
    """A connection to the pretend card processor."""
    return Account("c3", "stripe", "acct_1", {"secret_key": CARDS_KEY, "webhook_secret": CARDS_WEBHOOK_SECRET}, {})


@pytest.fixture
def payments(running: Running) -> StripePayments:
    """Our side, talking to the sandbox."""
    return StripePayments(base_url=running.url)
