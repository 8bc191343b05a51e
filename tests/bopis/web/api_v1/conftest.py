from __future__ import annotations

import pytest
from flask import Flask

from tests.bopis.web.api_v1.developer import Developer
from tests.world import World


@pytest.fixture
def developer(web: Flask, world: World) -> Developer:
    """A program of Fernhill's with every scope."""
    return Developer(web, world)


@pytest.fixture
def stranger(web: Flask, world: World) -> Developer:
    """A program of another merchant's with every scope."""
    assert world.outsider is not None
    return Developer(web, world.outsider)
