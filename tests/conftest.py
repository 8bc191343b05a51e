"""What every test may ask for: a fresh migrated database of either kind, a Redis, a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis as redis_client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bopis import migrations
from devtools import browser
from tests import services
from tests.remembered import remember

DATABASES = ("sqlite", "postgresql")

remember()
expect.set_options(timeout=30_000)  # for how long a page may take on a busy machine; a good one takes a moment


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests too: the long matrices")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    # What may last longer than others begins first, lest one of them go on alone in the end.
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)
    if config.getoption("--all"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database for this test alone; the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite file for this test alone."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'bopis.db')}"


@pytest.fixture
def postgresql_url(postgresql_database: str) -> Iterator[str]:
    """A migrated PostgreSQL database without a row, for this test alone."""
    yield postgresql_database
    _empty(postgresql_database)


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of either kind without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with new_database(request.getfixturevalue("postgresql_template"), "template0") as url:
            yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """An empty Redis for this test alone."""
    with redis_client.Redis.from_url(valkey_url) as connection:
        connection.flushall()
    return valkey_url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a browser context of its own; give it a size with `page.set_viewport_size`."""
    with chromium.new_context() as context:
        context.set_default_timeout(30_000)
        yield context.new_page()


_numbers = count(1)


def _do_without(what: str) -> NoReturn:
    """Skip for want of a server or a browser; where the whole suite must run, fail."""
    if os.environ.get("CI") == "true" or os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def new_database(server: str, template: str) -> Iterator[str]:
    """A database of its own in that cluster, gone afterwards; its URL."""
    name = f"test{next(_numbers)}"
    _on_server(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield server.replace("/postgres?", f"/{name}?")
    _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


# Copying a database, or truncating its tables, takes a hundred times as long as deleting the few rows of one test.
_EMPTY = """
DO $$ DECLARE name text; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$"""


def _empty(url: str) -> None:
    """Take every row out, whoever still holds one; foreign keys need not be followed."""
    _on_server(url, f"{_EMPTY}; UPDATE alembic_version SET version_num = '{migrations.newest()}'")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """The URL of the cluster's `postgres` database; the database to copy is `template`."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(services.postgresql())
        except services.Missing as missing:
            _do_without(str(missing))
        _on_server(url, "CREATE DATABASE template")
        migrations.upgrade(url.replace("/postgres?", "/template?"))
        yield url


@pytest.fixture(scope="session")
def postgresql_database(postgresql_template: str) -> Iterator[str]:
    """The migrated database that this process' tests use one after another."""
    with new_database(postgresql_template, "template") as url:
        yield url


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    with services.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, started once; without one the test is skipped, or fails where a browser is required."""
    path = browser.find()
    if path is None:
        _do_without(browser.HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(browser.ARGUMENTS))
        yield running
        running.close()
