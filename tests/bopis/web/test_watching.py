"""What no ring announced is found by looking, once for all syncs that are held open."""

from __future__ import annotations

import gc
import threading

import pytest

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges.actions import command_end_presence
from bopis.lockers.actions import next_sync_version
from bopis.lockers.models import Bank
from bopis.web import watching
from bopis.web.watching import Held, Watch
from tests.world import World


@pytest.fixture
def listener() -> BankListener:
    """One that hears no ring: there is no Redis behind it."""
    return BankListener("unix:///nonexistent/redis.sock")


@pytest.fixture
def watch(world: World, listener: BankListener) -> Watch:
    return Watch(world.database, listener)


def held(world: World) -> Held:
    """A sync that knows everything there is to know now."""
    with world.database.reading() as session:
        return Held(world.bank_id, session.get_one(Bank, world.bank_id).sync_version, world.bridge_id)


def test_nobody_is_woken_for_nothing(world: World, watch: Watch, listener: BankListener) -> None:
    with watch.holding(held(world)):
        watch.look()

    assert listener.count(world.bank_id) == 0


def test_a_change_nobody_rang_for_wakes_its_bank(world: World, watch: Watch, listener: BankListener) -> None:
    with watch.holding(held(world)):
        with world.database.transaction() as session:
            next_sync_version(session, world.bank_id)
        watch.look()

    assert listener.count(world.bank_id) == 1


def test_a_change_between_a_syncs_look_and_its_wait_is_found(
    world: World, watch: Watch, listener: BankListener
) -> None:
    knew = held(world)
    with world.database.transaction() as session:
        next_sync_version(session, world.bank_id)
    with watch.holding(knew):
        watch.look()

    assert listener.count(world.bank_id) == 1


def test_a_waiting_command_wakes_its_bank(world: World, watch: Watch, listener: BankListener) -> None:
    with watch.holding(held(world)):
        with world.database.transaction() as session:
            command_end_presence(session, world.bank_id, "here", world.ada_id, clock.now())
        watch.look()

    assert listener.count(world.bank_id) == 1


def test_a_bridge_that_was_replaced_is_woken_to_hear_it(world: World, watch: Watch, listener: BankListener) -> None:
    known = held(world)
    with watch.holding(Held(known.bank_id, known.version, "the bridge before")):
        watch.look()

    assert listener.count(world.bank_id) >= 1  # the watch may have looked by itself as well


def test_a_sync_that_ended_is_not_looked_after_any_more(world: World, watch: Watch, listener: BankListener) -> None:
    with watch.holding(Held(world.bank_id, -1, world.bridge_id)):
        pass
    watch.look()

    assert listener.count(world.bank_id) == 0


def test_a_watch_nobody_needs_any_more_lets_go_of_its_thread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", 0.01)
    before = set(threading.enumerate())
    watch = Watch(world.database, BankListener("unix:///nonexistent/redis.sock"))
    with watch.holding(Held(world.bank_id, 0, world.bridge_id)):
        started = [thread for thread in set(threading.enumerate()) - before if thread.name == "watch"]
    del watch
    gc.collect()
    assert len(started) == 1
    started[0].join(10)
    assert not started[0].is_alive()
