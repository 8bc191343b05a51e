"""Syncs that wait cost nobody anything, and syncs that work take turns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bopis import clock
from bopis.bell import BankListener
from bopis.bridges.actions import command_end_presence
from bopis.errors import Unavailable
from bopis.web import syncing
from bopis.web.syncing import News, Syncs
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
    sent: dict[str, Any] = {"cursor": None, "layout": None, "boot_id": "boot", "wait": 20, "doors": {}}
    if knows is not None:
        sent |= {"cursor": knows.cursor, "layout": knows.layout["hash"] if knows.layout else None}
    news = syncs.news(world.bridge_id, secrets.token_hex(16), {**sent, "events": [], "results": []})
    assert news is not None
    return news


def test_a_sync_that_waits_holds_no_connection_and_keeps_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "AT_ONCE", 1)
    waiting: list[int] = []

    def meanwhile() -> None:
        waiting.append(world.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        assert ask(syncs, world).reset

    syncs = Syncs(world.database, Listener(meanwhile))
    assert not ask(syncs, world, ask(syncs, world))
    assert waiting == [0]


def test_a_sync_woken_for_a_command_is_told_it(world: World) -> None:
    def meanwhile() -> None:
        with world.database.transaction() as session:
            command_end_presence(session, world.bank_id, "here", world.ada_id, clock.now())
        listener.wake(world.bank_id)

    listener = Listener(meanwhile)
    syncs = Syncs(world.database, listener)
    assert [command.kind for command in ask(syncs, world, ask(syncs, world)).commands] == ["end_presence"]


def test_who_would_wait_too_long_for_a_turn_is_told_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "AT_ONCE", 1)
    monkeypatch.setattr(syncing, "PATIENCE", 0.05)
    syncs = Syncs(world.database, Listener(lambda: None))
    with syncs._turn(), ThreadPoolExecutor(1) as other, pytest.raises(Unavailable):
        other.submit(ask, syncs, world).result(10)
