"""What grows for ever is never scanned: how SQLite means to carry out the statements that every day is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.claims import due
from bopis.db import Base
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.pickups import queries
from bopis.prepared import word
from bopis.sweeps import STEPS
from tests.world import World, build

GROWING = {
    *("pickups", "placements", "grants", "timeline", "outbox", "inbox", "orders", "tasks", "door_commands"),
    *("device_events", "staff_sessions", "enrolment_codes"),
}
HISTORY = {"ix_pickups_store", "ix_pickups_merchant", "ix_grants_sync", "ix_grants_pickup"}
"""Indexes that hold everything there ever was: right for one thing, wrong for a list."""

OF_LIVE_ROWS = {
    index.name
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    built = build(sqlite_url)
    yield built
    built.database.close()


@pytest.fixture
def steps(world: World) -> Iterator[Callable[[], list[str]]]:
    """The steps SQLite takes for all statements since the test began."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            seen.append((statement, parameters))

    def plan() -> list[str]:
        statements, found = list(seen), []
        with world.database.reading() as session:
            for statement, parameters in statements:
                rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                found += [row.detail for row in rows]
        assert statements
        return found

    event.listen(world.database.engine, "before_cursor_execute", note)
    yield plan
    event.remove(world.database.engine, "before_cursor_execute", note)


def scanned(steps: list[str]) -> list[str]:
    """The steps that read a growing table from end to end, by its rows or by an index that holds all of them."""
    scans = [set(step.split()) for step in steps if step.startswith("SCAN")]
    return [" ".join(sorted(words)) for words in scans if GROWING & words and not OF_LIVE_ROWS & words]


def test_taking_an_order_over_reads_nothing_that_is_past(world: World, steps: Callable[[], list[str]]) -> None:
    world.order("1")

    taken = steps()
    assert scanned(taken) == []
    assert not [step for step in taken if HISTORY & set(step.split())]


def test_a_code_is_drawn_with_the_indexes_of_live_and_resting_codes(
    world: World, steps: Callable[[], list[str]]
) -> None:
    world.order("1")

    of_codes = [step.split()[4] for step in steps() if step.startswith("SEARCH grants USING INDEX")]
    # And by that of open grants, whether the pickup has a code already.
    assert set(of_codes) == {"ux_grants_selector", "ix_grants_resting", "ux_grants_pickup_open"}


@pytest.mark.parametrize("read", [queries.to_load, queries.at_counter, queries.to_take_out])
def test_a_list_of_a_store_reads_what_is_open_there(
    world: World, steps: Callable[[], list[str]], read: Callable[[Session, str, str], object]
) -> None:
    with world.database.reading() as session:
        read(session, world.merchant_id, world.store_id)

    taken = steps()
    assert scanned(taken) == []
    assert any("ix_pickups_store_open" in step for step in taken)
    assert not [step for step in taken if HISTORY & set(step.split())]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_sweep_that_finds_nothing_has_looked_at_what_is_live(
    world: World, steps: Callable[[], list[str]], step: Any
) -> None:
    with world.database.reading() as session:
        step.find(session, clock.now())

    assert scanned(steps()) == []


@pytest.mark.parametrize("box", [InboxEntry, OutboxEntry])
def test_what_is_due_is_found_by_its_index(world: World, steps: Callable[[], list[str]], box: Any) -> None:
    with world.database.reading() as session:
        session.scalars(select(box.id).where(due(box, clock.now())).limit(1)).first()

    assert scanned(steps()) == []


@pytest.mark.parametrize("state", ["waiting", "dead"])
def test_what_a_merchant_has_in_a_state_is_found_by_its_own_index(
    world: World, steps: Callable[[], list[str]], state: str
) -> None:
    with world.database.reading() as session:
        mine, is_so = OutboxEntry.merchant_id == world.merchant_id, OutboxEntry.state == word(state)
        session.scalars(select(OutboxEntry).where(mine, is_so).order_by(OutboxEntry.id.desc()).limit(51)).all()

    assert [step for step in steps() if f"ix_outbox_{state}" in step.split()]
