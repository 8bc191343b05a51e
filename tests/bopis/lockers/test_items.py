"""What is known of items is imported whole or not at all, and decides the door from the next order on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bopis import sealing
from bopis.cli import cli
from bopis.lockers.experience import forget, teach
from bopis.lockers.fit import Item, size_for
from bopis.lockers.items import take_over
from bopis.lockers.learning import FITS, TOO_SMALL, Lesson
from bopis.lockers.models import SizeGuess
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
    for _ in range(2):  # known before or not
        with world.database.transaction() as session:
            teach(session, world.merchant_id, {"sku": "VASE"}, Lesson("M"), TOO_SMALL)

    assert known(world, "VASE") == {"VASE": Item(confirmed="M")}
    assert size_for([Line("1", "Vase", 1, "VASE", 300)], known(world, "VASE")) == "M"


def test_what_was_learnt_is_taken_back_and_what_was_learnt_since_stays(world: World) -> None:
    about = {"sku": "VASE", "category": "vases", "band": "S"}
    with world.database.transaction() as session:
        first = teach(session, world.merchant_id, about, Lesson("M", of_category=True), TOO_SMALL)
        teach(session, world.merchant_id, about, Lesson("L", of_category=True), FITS)
        forget(session, world.merchant_id, first)

    assert known(world, "VASE")["VASE"].confirmed == "L"
    with world.database.reading() as session:
        rows = {row.band: row for row in session.scalars(select(SizeGuess))}
    assert (rows["S"].took_m, rows["S"].took_l, rows[""].taps) == (0, 1, 1)
    assert -13_000 < rows[""].shift < -12_000


def test_a_store_that_is_learning_makes_no_other_wait(world: World) -> None:
    about = {"sku": "VASE", "category": "vases", "band": "S"}
    with world.database.transaction() as session:
        teach(session, world.merchant_id, about, Lesson("M", of_category=True), FITS)
    if world.database.engine.dialect.name == "sqlite":
        pytest.skip("one writes at a time anyway")
    with world.database.transaction() as one, world.database.transaction() as other:
        assert teach(one, world.merchant_id, about, Lesson("L", of_category=True), FITS)["is"] == "L"
        assert teach(other, world.merchant_id, about, Lesson("S", of_category=True), FITS) == {
            "category": "vases",
            "band": "S",
            "took": "",
        }

    assert known(world, "VASE")["VASE"].confirmed == "L"
