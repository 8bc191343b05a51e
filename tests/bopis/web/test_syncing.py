"""Syncs that wait cost nobody anything, and hear what concerns them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges.actions import command_end_presence
from bopis.web.syncing import HeldSync, News, Syncs
from tests.world import World


class Listener(BankListener):
    """One without a Redis that does something whenever a sync begins to wait."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__("unix:///nonexistent/redis.sock")
        self._meanwhile = meanwhile

    def wait(self, bank_id: str, since: int, timeout: float) -> bool:
        self._meanwhile()
        return super().wait(bank_id, since, 0)


def ask(syncs: Syncs, world: World, knows: News | None = None) -> News:
    """One sync until it is answered."""
    sent: dict[str, Any] = {"cursor": None, "layout": None, "boot_id": "boot", "wait": 20, "doors": {}}
    if knows is not None:
        sent |= {"cursor": knows.cursor, "layout": knows.layout["hash"] if knows.layout else None}
    told = syncs.begin(world.bridge_id, secrets.token_hex(16), {**sent, "events": [], "results": []})
    while isinstance(told, HeldSync):
        told.pause()
        told = syncs.go_on(told)
    assert told is not None
    return told


def test_a_sync_that_waits_holds_no_connection_and_keeps_nobody_waiting(world: World) -> None:
    waiting: list[int] = []

    def meanwhile() -> None:
        waiting.append(world.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        assert ask(syncs, world).reset

    syncs = Syncs(world.database, Listener(meanwhile))
    assert not ask(syncs, world, ask(syncs, world))
    assert waiting == [0]


def test_a_sync_that_heard_nothing_ends_without_asking_again(world: World) -> None:
    def meanwhile() -> None:
        with world.database.transaction() as session:
            command_end_presence(session, world.bank_id, "here", world.ada_id, clock.now())

    syncs = Syncs(world.database, Listener(meanwhile))
    assert not ask(syncs, world, ask(syncs, world))


def test_a_sync_woken_for_a_command_is_told_it(world: World) -> None:
    def meanwhile() -> None:
        with world.database.transaction() as session:
            command_end_presence(session, world.bank_id, "here", world.ada_id, clock.now())
        listener.wake(world.bank_id)

    listener = Listener(meanwhile)
    syncs = Syncs(world.database, listener)
    assert [command.kind for command in ask(syncs, world, ask(syncs, world)).commands] == ["end_presence"]
