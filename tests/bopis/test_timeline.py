"""A pickup's chain, written within one transaction and across several."""

from __future__ import annotations

from bopis import clock, timeline
from bopis.memory import memory
from bopis.stores.queries import lock
from tests.world import World


def write(world: World, pickup_id: str, *words: str) -> None:
    with world.database.transaction() as session:
        for said in words:
            timeline.write(session, pickup_id, said, actor="system", at=clock.now())


def told(world: World, pickup_id: str) -> list[str]:
    with world.database.reading() as session:
        chain = timeline.entries(session, pickup_id)
        assert timeline.first_break(chain) is None
        return [entry.what for entry in chain]


def test_entries_of_one_and_of_many_transactions_are_one_chain(world: World) -> None:
    write(world, "p1", "one", "two")
    write(world, "p2", "other")
    write(world, "p1", "three")

    assert told(world, "p1") == ["one", "two", "three"]
    assert told(world, "p2") == ["other"]


def test_what_is_rolled_back_leaves_no_gap(world: World) -> None:
    with world.database.transaction() as session:
        timeline.begin(session, "p1", "one", actor="system", at=clock.now())
        savepoint = session.begin_nested()
        timeline.write(session, "p1", "never", actor="system", at=clock.now())
        savepoint.rollback()
        timeline.write(session, "p1", "two", actor="system", at=clock.now())

    assert told(world, "p1") == ["one", "two"]


def test_a_lock_that_a_rollback_let_go_is_taken_again(world: World) -> None:
    with world.database.transaction() as session:
        savepoint = session.begin_nested()
        lock(session, world.store_id)
        savepoint.rollback()
        assert world.store_id not in memory(session, "locks")
        lock(session, world.store_id, world.station_id)
        assert memory(session, "locks").keys() == {world.store_id, world.station_id}
