"""The database's shape, step by step. A changed model needs a step: `python -m bopis.migrations "what changes"`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, event, inspect, text
from sqlalchemy.orm import Session

HERE = Path(__file__).parent
LOCK = 0x626F706973
"""Our advisory lock on PostgreSQL: any number that no one else uses."""
PATIENCE = 60
"""Seconds to wait for another upgrade of the same SQLite file."""


def upgrade(url: str) -> None:
    """Bring the database to the newest shape. Of two started at once, the second waits and finds nothing to do."""
    with alone(url) as connection:
        command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    """Alembic's settings for this package's steps on this connection."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def newest() -> str:
    """The step that this release's code expects the database to be at."""
    head = ScriptDirectory(str(HERE)).get_current_head()
    assert head is not None
    return head


def reached(session: Session) -> str:
    """The step a database is at; empty when it has no tables of ours."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return ""
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


@contextmanager
def alone(url: str) -> Iterator[Connection]:
    """One transaction, all or nothing, that no other upgrade of the same database runs beside."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE} if sqlite else {})
    if sqlite:
        # The driver would commit before a change of shape, unless told to leave transactions alone.
        event.listen(engine, "connect", lambda connection, record: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if not sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection
