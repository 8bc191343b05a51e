"""A row on its own, while its database crashes under it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Column, MetaData, String, Table, create_engine, func, select
from sqlalchemy.exc import OperationalError

from bopis.engine import for_single_statements
from bopis.single import SingleInserts
from tests.services import Missing
from tests.stories.crashing import postgresql_to_crash

WRITERS = 6


@pytest.mark.timeout(120)
def test_a_crash_under_many_writers_says_that_the_database_is_away_and_nothing_else() -> None:
    table = Table("rows", MetaData(), Column("id", String, primary_key=True))
    crashed, at_work = Event(), [Event() for _ in range(WRITERS)]
    try:
        with postgresql_to_crash() as cluster:
            table.create(create_engine(cluster.url))
            single = SingleInserts(for_single_statements(cluster.url, 0.8))

            def write(writer: int) -> int:
                """Until told of the crash and refused; returns how many rows were taken."""
                taken = 0
                while True:
                    after = crashed.is_set()
                    try:
                        single.insert(table, {"id": f"{writer}-{taken}"})
                    except OperationalError:
                        if after:
                            return taken
                    else:
                        taken += 1
                        at_work[writer].set()

            with ThreadPoolExecutor(WRITERS) as threads:
                writing = [threads.submit(write, number) for number in range(WRITERS)]
                assert all(event.wait(30) for event in at_work)
                cluster.crash()
                crashed.set()
                taken = sum(each.result(30) for each in writing)
            cluster.start()
            assert single.insert(table, {"id": "after"})
            single.close()
            with create_engine(cluster.url).connect() as connection:
                kept = connection.scalar(select(func.count()).select_from(table))
            # A row may be kept whose answer died with the server; none that was taken is lost.
            assert taken + 1 <= (kept or 0) <= taken + 1 + WRITERS
    except Missing as missing:
        pytest.skip(str(missing))
