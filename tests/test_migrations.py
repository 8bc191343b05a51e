"""The steps of `bopis.migrations` lead to what the models say, on both databases, also when two run at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, inspect

from bopis import migrations
from bopis.migrations.compare import differences

ROOT = Path(__file__).parent.parent
UPGRADE = "import sys; from bopis.migrations import upgrade; upgrade(sys.argv[1])"


def test_the_steps_make_what_the_models_say(database_url: str) -> None:
    assert differences(database_url) == []


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    migrations.upgrade(database_url)

    assert differences(database_url) == []


def test_two_upgrades_at_once_both_succeed(empty_database_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, empty_database_url]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    said = [process.communicate(timeout=50)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert differences(empty_database_url) == []


def test_a_step_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    try:
        with migrations.alone(empty_database_url) as connection:
            connection.exec_driver_sql("CREATE TABLE half_done (id INTEGER)")
            raise RuntimeError
    except RuntimeError:
        pass

    engine = create_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
