"""What is over is forgotten after its time, a batch after another; what waits for somebody stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, insert, select, update

from bopis import clock, outbox, tasks
from bopis.bridges.models import Bridge, DeviceEvent
from bopis.db import Base
from bopis.ids import new_id
from bopis.inbox import InboxEntry
from bopis.messages import Reconcile
from bopis.outbox import OutboxEntry
from bopis.staff.actions import Attempt, sign_in
from bopis.staff.models import StaffSession
from bopis.sweeps.retention import AT_ONCE, BOXES, FORGETTING, HISTORY, SESSIONS, Forget
from bopis.tasks import Task
from tests.world import World

MOMENT = dt.timedelta(seconds=1)


def forgetting(table: type[Base]) -> Forget:
    return next(step for step in FORGETTING if step.table is table)


def one_batch(world: World, table: type[Base], now: dt.datetime) -> bool:
    """What a sweep does for this step; whether it found anything."""
    step = forgetting(table)
    with world.database.transaction() as session:
        found = step.find(session, now)
        if found is not None:
            step.do(session, found, now)
        return found is not None


def left(world: World, column: Any) -> list[Any]:
    with world.database.reading() as session:
        return sorted(session.scalars(select(column)))


def effect(state: str, number: int, at: dt.datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "merchant_id": "merchant",
        "kind": "Reconcile",
        "subject": f"{number:04}",
        "fields": {},
        "created_at": at,
        "state": state,
        "next_at": at,
        "done_at": at if state == "done" else None,
    }


def put(world: World, *effects: dict[str, Any]) -> None:
    with world.database.transaction() as session:
        session.execute(insert(OutboxEntry), list(effects))


def test_an_effect_that_is_done_is_forgotten_after_its_time_and_not_before(world: World) -> None:
    now = clock.now()
    put(world, *(effect(state, number, now) for number, state in enumerate(("done", "dead", "waiting"))))

    assert not one_batch(world, OutboxEntry, now + BOXES - MOMENT)
    assert one_batch(world, OutboxEntry, now + BOXES + MOMENT)
    assert left(world, OutboxEntry.state) == ["dead", "waiting"]


def test_many_are_forgotten_a_batch_after_another(world: World) -> None:
    now = clock.now()
    put(world, *(effect("done", number, now) for number in range(AT_ONCE + 2)))
    later = now + BOXES + MOMENT

    assert one_batch(world, OutboxEntry, later)
    assert len(left(world, OutboxEntry.id)) == 2
    assert one_batch(world, OutboxEntry, later)
    assert not one_batch(world, OutboxEntry, later)


def test_what_is_repeated_goes_out_whether_its_row_was_forgotten_or_not(world: World) -> None:
    now = clock.now()
    message = Reconcile("connection")
    later = now
    for forgotten in (False, True):
        with world.database.transaction() as session:
            outbox.repeat(session, message, later, merchant_id="merchant")
        assert left(world, OutboxEntry.state) == ["waiting"]
        with world.database.transaction() as session:
            session.execute(update(OutboxEntry).values(state="done", done_at=later))
        later += BOXES + MOMENT
        assert one_batch(world, OutboxEntry, later) is True, forgotten
    assert left(world, OutboxEntry.state) == []


def test_a_delivery_is_forgotten_when_it_is_done_and_kept_when_it_was_given_up(world: World) -> None:
    now = clock.now()
    for number, state in enumerate(("done", "dead")):
        world.order(str(number))
        with world.database.transaction() as session:
            session.execute(update(InboxEntry).where(InboxEntry.subject == str(number)).values(state=state))
    kept = left(world, InboxEntry.state)

    assert not one_batch(world, InboxEntry, now + BOXES - dt.timedelta(hours=1))
    one_batch(world, InboxEntry, clock.now() + BOXES + MOMENT)
    assert left(world, InboxEntry.state) == [state for state in kept if state != "done"]


def test_a_sign_in_is_forgotten_a_month_after_it_was_made(world: World) -> None:
    now = clock.now()
    with world.database.transaction() as session:
        sign_in(session, Attempt(world.ada_id, ""), now)
    before = len(left(world, StaffSession.id))

    assert not one_batch(world, StaffSession, now + SESSIONS - dt.timedelta(hours=1))
    assert one_batch(world, StaffSession, clock.now() + SESSIONS + MOMENT)
    assert (bool(before), left(world, StaffSession.id)) == (True, [])


def test_a_task_that_was_settled_is_forgotten_and_an_open_one_never(world: World) -> None:
    now = clock.now()
    with world.database.transaction() as session:
        for subject in ("settled", "open"):
            tasks.ask(
                session,
                "door_failed",
                subject,
                merchant_id=world.merchant_id,
                store_id=world.store_id,
                reason="jammed",
                now=now,
            )
        assert tasks.settle(session, "door_failed", "settled", actor="system", now=now)

    assert not one_batch(world, Task, now + HISTORY - MOMENT)
    assert one_batch(world, Task, now + HISTORY + MOMENT)
    assert left(world, Task.subject_id) == ["open"]


def test_of_a_bridge_that_fell_silent_the_last_word_is_kept(world: World) -> None:
    now = clock.now()
    with world.database.transaction() as session:
        bridge = session.get_one(Bridge, world.bridge_id)
        first = bridge.last_seq + 1
        said = {"merchant_id": bridge.merchant_id, "bridge_id": bridge.id, "kind": "clock_moved", "data": {}}
        session.execute(
            insert(DeviceEvent),
            [{**said, "id": new_id(), "seq": seq, "at": now, "recorded_at": now} for seq in (first, first + 1)],
        )
        bridge.last_seq = first + 1

    assert one_batch(world, DeviceEvent, now + HISTORY + MOMENT)
    assert not one_batch(world, DeviceEvent, now + HISTORY + MOMENT)
    with world.database.reading() as session:
        assert session.scalars(select(func.max(DeviceEvent.seq))).one() == first + 1
