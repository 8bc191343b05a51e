"""Keys made and taken back where there is no page at hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bopis import sealing
from bopis.access.models import ApiKey
from bopis.access.queries import live_key
from bopis.cli import cli
from tests.world import SECRET_KEY, World

KEY = "dGVzdCBrZXkgdGVzdCBrZXkgdGVzdCBrZXkgdGVzdCE="


@pytest.fixture
def environment(world: World, redis_url: str) -> Iterator[dict[str, str]]:
    yield {
        "DATABASE_URL": world.database.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "REDIS_URL": redis_url,
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://localhost",
    }
    sealing.use_keys((SECRET_KEY,))


def run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["api-keys", *arguments], env=environment)


def test_a_key_is_printed_once_listed_by_how_it_begins_and_taken_back(
    world: World, environment: dict[str, str]
) -> None:
    mine = ("--merchant", world.merchant_id)
    text = run(environment, "create", "Stock system", "--scope", "stores:read", *mine).output.strip()
    with world.database.reading() as session:
        assert live_key(session, text) is not None

    listed = run(environment, "list", *mine).output
    assert listed == f"{text[:14]}  never used  stores:read  Stock system\n"

    assert run(environment, "revoke", text[:14]).output == "Stock system is let in no more.\n"
    with world.database.reading() as session:
        assert live_key(session, text) is None
    assert "out of use" in run(environment, "list", *mine).output


def test_a_key_for_another_merchants_store_is_not_made(world: World, environment: dict[str, str]) -> None:
    assert world.outsider is not None
    arguments = ("--scope", "stores:read", "--merchant", world.merchant_id, "--store", world.outsider.store_id)
    refused = run(environment, "create", "Till", *arguments)

    assert refused.exit_code == 1 and "There is no such store" in refused.output
    with world.database.reading() as session:
        assert session.scalars(select(ApiKey)).all() == []


def test_an_unknown_key_cannot_be_taken_back(environment: dict[str, str]) -> None:
    assert "No key begins so" in run(environment, "revoke", "bopis_nothing0").output
