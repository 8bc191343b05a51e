from __future__ import annotations

from collections.abc import Iterator

import pytest

from bopis.ports import Account
from tests.sandbox.running import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CLIENT_SECRET,
    DOMAIN,
    SENDER,
    TOKEN,
    Running,
    running_sandbox,
)


@pytest.fixture
def shop() -> Account:
    """A connection to the pretend shop."""
    return Account("c1", "shopify", DOMAIN, {"access_token": TOKEN, "client_secret": CLIENT_SECRET}, {})


@pytest.fixture
def phone() -> Account:
    """A connection to the pretend provider of texts."""
    return Account("c2", "twilio", ACCOUNT_SID, {"auth_token": AUTH_TOKEN}, {"from": SENDER})


@pytest.fixture
def running() -> Iterator[Running]:
    """A fresh sandbox."""
    with running_sandbox() as it:
        yield it
