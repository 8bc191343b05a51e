"""Orders of a file taken over where there is no page at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bopis import sealing
from bopis.cli import cli
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from tests.world import SECRET_KEY, World

KEY = "dGVzdCBrZXkgdGVzdCBrZXkgdGVzdCBrZXkgdGVzdCE="
HEAD = "order_id,updated_at,paid,location_id,line_id,quantity\n"
ROW = "W-{},2026-11-20T10:00:00Z,yes,1001,1,2\n"


@pytest.fixture
def environment(world: World, redis_url: str) -> Iterator[dict[str, str]]:
    with world.database.transaction() as session:
        shop = session.get_one(Connection, world.shop.connection_id)
        shop.vendor, shop.account_name = "standard", "my-till"
    yield {
        "DATABASE_URL": world.database.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "REDIS_URL": redis_url,
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://localhost",
    }
    sealing.use_keys((SECRET_KEY,))


def take(environment: dict[str, str], file: Path, content: str | bytes, account: str = "my-till") -> Result:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return CliRunner().invoke(cli, ["orders", "import", account, str(file)], env=environment)


def subjects(world: World) -> list[str]:
    with world.database.reading() as session:
        return sorted(session.scalars(select(InboxEntry.subject)))


def test_the_orders_of_a_file_are_taken_over_once(world: World, environment: dict[str, str], tmp_path: Path) -> None:
    text = HEAD + ROW.format(1) + ROW.format(2)
    assert take(environment, tmp_path / "o.csv", text).output == "2 orders taken over, 0 known already.\n"
    assert take(environment, tmp_path / "o.csv", text).output == "0 orders taken over, 2 known already.\n"
    assert subjects(world) == ["W-1", "W-2"]


def test_with_a_mistake_nothing_is_kept_and_every_mistake_is_named(
    world: World, environment: dict[str, str], tmp_path: Path
) -> None:
    said = take(environment, tmp_path / "o.csv", HEAD + ROW.format(1) + ROW.format(2).replace("yes", "maybe") * 25)
    assert (said.exit_code, subjects(world)) == (1, [])
    assert "line 3: paid is yes or no" in said.output
    assert "and 5 more" in said.output


@pytest.mark.parametrize(
    ("content", "account", "words"),
    [
        (b"\xff\xfe", "my-till", "is not UTF-8"),
        (HEAD + ROW.format(1), "another", "No standard shop named another is connected"),
    ],
)
def test_what_cannot_be_taken_over_is_one_sentence(
    world: World, environment: dict[str, str], tmp_path: Path, content: str | bytes, account: str, words: str
) -> None:
    said = take(environment, tmp_path / "o.csv", content, account)
    assert (said.exit_code, subjects(world)) == (1, [])
    assert words in said.output and "Nothing was kept" in said.output
