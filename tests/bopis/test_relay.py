"""The relay, and that every process of the Procfile can start at all."""

from __future__ import annotations

import datetime as dt
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bopis import clock
from bopis.bell import WorkToDo
from bopis.inbox import InboxEntry
from bopis.outbox import OutboxEntry
from bopis.relay import PATIENCE, one_round
from tests.webhooks.door import Door, open_door, order_body

PROCFILE = (Path(__file__).parent.parent.parent / "Procfile").read_text()


class Listening:
    """A bell that nobody answers."""

    def __init__(self) -> None:
        self.rung: list[object] = []

    def ring(self, ring: object) -> None:
        self.rung.append(ring)


@pytest.fixture
def door(database_url: str, redis_url: str) -> Iterator[Door]:
    with open_door(database_url, redis_url) as opened:
        opened.service.database.bell = Listening()
        yield opened


def rest(door: Door, by: dt.timedelta) -> None:
    """What is due has been due for so long."""
    with door.service.database.transaction() as session:
        for box in (InboxEntry, OutboxEntry):
            session.execute(update(box).values(next_at=clock.now() - by))


def states(door: Door) -> list[str]:
    with door.service.database.reading() as session:
        return [*session.scalars(select(InboxEntry.state)), *session.scalars(select(OutboxEntry.state))]


@pytest.mark.parametrize("module", re.findall(r"python -m ([\w.]+)|\"([\w.]+):", PROCFILE), ids=max)
def test_every_process_finds_all_it_is_made_of(module: tuple[str, str]) -> None:
    assert importlib.import_module(max(module))


def test_what_has_just_come_is_rung_for_and_left_to_the_worker(door: Door) -> None:
    order = door.shop.order()
    door.deliver(order_body(order))

    assert one_round(door.service)
    assert WorkToDo() in door.service.database.bell.rung
    assert set(states(door)) == {"waiting"}


def test_what_nobody_came_for_is_worked_off_by_the_relay_itself(door: Door) -> None:
    order = door.shop.order()
    door.deliver(order_body(order))
    rest(door, 2 * PATIENCE)

    one_round(door.service)
    assert len(door.pickups()) == 1
    assert set(states(door)) == {"done"}


def test_nothing_due_is_nothing_to_do(door: Door) -> None:
    door.round()
    door.service.database.bell.rung.clear()

    assert not one_round(door.service)
    assert door.service.database.bell.rung == []
