"""What is known of items is imported whole or not at all, and decides the door from the next order on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bopis import sealing
from bopis.cli import cli
from bopis.lockers.fit import Item, size_for
from bopis.lockers.items import saw, take_over
from bopis.lockers.learning import TOO_SMALL
from bopis.lockers.queries import item_sizes
from bopis.ports import Line
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


def imported(environment: dict[str, str], world: World, file: Path) -> Result:
    asked = ["item-sizes", "import", str(file), "--merchant", world.merchant_id]
    return CliRunner().invoke(cli, asked, env=environment)


def known(world: World, *skus: str) -> dict[str, Item]:
    with world.database.reading() as session:
        return item_sizes(session, world.merchant_id, skus)


def test_a_table_is_taken_over_and_decides_the_door(world: World, environment: dict[str, str], tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("sku,height_mm,width_mm,depth_mm,needs\nOIL,300,80,80,upright\nPAN,60,300,450,\n")

    said = imported(environment, world, table)

    assert (said.exit_code, said.output) == (0, "2 new items, 0 changed.\n")
    items = known(world, "OIL", "PAN")
    assert items["OIL"] == Item(sides=(300, 80, 80), needs=frozenset({"upright"}))
    assert size_for([Line("1", "Oil", 1, "OIL")], items) == "L"
    assert size_for([Line("1", "Pan", 1, "PAN")], items) == "S"


def test_one_mistake_and_nothing_is_kept(world: World, environment: dict[str, str], tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("sku,size\nNEW-1,M\nNEW-2,HUGE\n")

    said = imported(environment, world, table)

    assert said.exit_code == 1
    assert "line 3: size is one of S, M, L, XL, none, not 'HUGE'" in said.output
    assert known(world, "NEW-1", "NEW-2") == {}


def test_a_file_in_another_encoding_is_refused_in_a_sentence(
    world: World, environment: dict[str, str], tmp_path: Path
) -> None:
    table = tmp_path / "items.csv"
    table.write_bytes("sku,category\nA,Möbel\n".encode("latin-1"))

    said = imported(environment, world, table)

    assert said.exit_code == 1 and "is not UTF-8" in said.output and "Traceback" not in said.output


def test_a_new_table_replaces_what_was_known_but_what_staff_confirmed_and_what_it_does_not_name(world: World) -> None:
    with world.database.transaction() as session:
        take_over(session, world.merchant_id, {"A": Item(size="M", grams=5), "B": Item(size="L")})
    with world.database.transaction() as session:
        assert take_over(session, world.merchant_id, {"A": Item(sides=(1, 2, 3))}) == (0, 1)

    assert known(world, "A", "B") == {"A": Item(sides=(1, 2, 3)), "B": Item(size="L")}


def test_what_was_too_small_once_is_remembered_for_the_next_order(world: World) -> None:
    vase = {"title": "Vase", "sku": "VASE", "quantity": 1}
    for _ in range(2):  # known before or not
        with world.database.transaction() as session:
            saw(session, world.merchant_id, [vase], "S", TOO_SMALL)

    assert known(world, "VASE") == {"VASE": Item(confirmed="M")}
    assert size_for([Line("1", "Vase", 1, "VASE", 300)], known(world, "VASE")) == "M"


def test_a_box_too_small_for_several_things_tells_of_none_of_them(world: World) -> None:
    vase, mug = {"title": "", "sku": "VASE", "quantity": 1}, {"title": "", "sku": "MUG-2", "quantity": 1}
    with world.database.transaction() as session:
        for lines in ([vase, mug], [vase | {"quantity": 2}], [vase | {"sku": ""}], []):
            saw(session, world.merchant_id, lines, "S", TOO_SMALL)

    assert known(world, "VASE", "MUG-2") == {}
