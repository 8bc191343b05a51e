from __future__ import annotations

from sqlalchemy import select

from bopis import clock
from bopis.outbox import OutboxEntry
from bopis.pickups import emptying
from bopis.pickups.models import Grant, Pickup
from bopis.tasks import Task
from tests.world import World


def open_tasks(world: World) -> list[str]:
    with world.database.reading() as session:
        return sorted(session.scalars(select(Task.kind).where(Task.settled_at.is_(None))))


def cancel(world: World, order_id: str) -> None:
    world.news(world.snapshot(order_id, cancelled_at=clock.now()))


def test_an_order_called_off_before_loading_frees_its_door_at_once(world: World) -> None:
    pickup = world.order("1")
    cancel(world, "1")
    assert world.state(pickup) == "cancelled"
    assert world.placements(pickup) == [(1, "released")]
    assert open_tasks(world) == []
    assert world.placements(world.order("2")) == [(1, "held")]


def test_an_order_called_off_after_loading_keeps_its_door_until_someone_has_emptied_it(world: World) -> None:
    pickup = world.ready("1")
    cancel(world, "1")
    assert world.placements(pickup) == [(1, "loaded")]
    assert open_tasks(world) == ["reclaim"]
    assert world.placements(world.order("2")) == [(2, "held")]

    command = world.staff(pickup, emptying.open_to_reclaim)
    assert command is not None
    world.door(command, item="absent")
    assert world.state(pickup) == "returned"
    assert world.placements(pickup) == [(1, "released")]
    assert open_tasks(world) == []


def test_the_code_of_an_order_called_off_is_forgotten(world: World) -> None:
    pickup = world.ready("1")
    cancel(world, "1")
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        assert (grant.state, grant.code_sealed, grant.qr_sealed) == ("closed", None, None)


def test_a_cancel_that_comes_before_its_order_leaves_nothing_to_hand_out(world: World) -> None:
    cancel(world, "1")
    with world.database.reading() as session:
        assert session.scalars(select(Pickup)).all() == []


def test_older_news_never_undoes_newer(world: World) -> None:
    before = world.snapshot("1")
    pickup = world.order("1")
    cancel(world, "1")
    assert world.news(before) == "newer news is known"
    assert world.state(pickup) == "cancelled"


def test_goods_that_left_before_the_cancel_are_collected_and_a_person_settles_the_rest(world: World) -> None:
    pickup = world.ready("1")
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        placement = session.get_one(Pickup, pickup).placements[0]
        told = {"door": 1, "cause": "grant", "grant": grant.id, "placement": placement.id}
    cancel(world, "1")
    world.device(("door_opened", told), ("door_shut", {**told, "item": "absent"}))
    assert world.state(pickup) == "collected"
    assert open_tasks(world) == ["goods_gone"]
    with world.database.reading() as session:
        assert "MarkCollected" not in session.scalars(select(OutboxEntry.kind)).all()
