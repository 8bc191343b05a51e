from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from bopis import wiring
from bopis.app import create_app
from bopis.bell import BankListener
from bopis.config import Settings
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import SECRET_KEY, World


@pytest.fixture
def web(world: World, redis_url: str) -> Flask:
    """The service as a browser reaches it."""
    settings = Settings("sqlite:////nowhere", redis_url, (SECRET_KEY,), "http://localhost", "http://localhost")
    service = wiring.build(settings)
    world.database.bell = service.database.bell
    return create_app(replace(service, database=world.database), BankListener(redis_url))


@pytest.fixture
def lockers(world: World) -> Lockers:
    return Lockers(world)


@pytest.fixture
def phone(web: Flask) -> Phone:
    """A phone on which nobody is signed in."""
    return Phone(web)


@pytest.fixture
def ada(phone: Phone, lockers: Lockers) -> Phone:
    """Ada's phone, at the lockers."""
    return phone.signed_in().at(lockers)
