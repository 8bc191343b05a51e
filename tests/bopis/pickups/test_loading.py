from __future__ import annotations

import pytest
from sqlalchemy import select

from bopis import clock, timeline
from bopis.bridges.models import DeviceEvent
from bopis.errors import Conflict
from bopis.lockers.models import Compartment
from bopis.outbox import OutboxEntry
from bopis.pickups import emptying, grants, loading
from bopis.pickups.models import Grant, Pickup
from bopis.tasks import Task
from firmware_bridge.protocol import codes
from tests.world import PHONE, World


def asked_of_the_world(world: World, pickup_id: str) -> list[str]:
    with world.database.reading() as session:
        entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.created_at, OutboxEntry.id))
        return sorted(entry.kind for entry in entries if entry.fields.get("pickup_id") == pickup_id)


def tell(world: World, pickup_id: str, cause: str, item: str = "absent") -> None:
    """The pickup's door opens and is shut for `cause`."""
    with world.database.reading() as session:
        place = session.get_one(Pickup, pickup_id).live_placements()[0]
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup_id)).one()
        assert place.compartment is not None
        told = {"door": place.compartment.number, "cause": cause, "placement": place.id, "grant": grant.id}
    world.device(("door_opened", told), ("door_shut", {**told, "item": item}))


def test_a_door_shut_on_the_goods_makes_the_pickup_ready_and_tells_shopper_and_platform(world: World) -> None:
    pickup = world.ready("1")
    assert world.state(pickup) == "ready"
    assert asked_of_the_world(world, pickup) == ["MarkReady", "TellShopper"]
    with world.database.reading() as session:
        assert session.scalars(select(Grant.state).where(Grant.pickup_id == pickup)).one() == "active"


def test_a_door_shut_on_nothing_leaves_the_pickup_to_load(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    world.door(command, item="absent")
    assert world.state(pickup) == "reserved"
    assert asked_of_the_world(world, pickup) == []


def test_the_shoppers_own_opening_makes_it_collected_and_the_door_free(world: World) -> None:
    pickup = world.ready("1")
    tell(world, pickup, "grant")
    assert world.state(pickup) == "collected"
    assert world.placements(pickup) == [(1, "released")]
    assert "MarkCollected" in asked_of_the_world(world, pickup)


def test_a_door_shut_with_something_still_inside_is_not_free_until_a_person_has_looked(world: World) -> None:
    pickup = world.ready("1")
    tell(world, pickup, "grant", item="present")
    assert world.placements(pickup) == [(1, "loaded")]
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind)).all() == ["left_uncertain"]


def test_a_box_that_is_too_small_is_free_again_once_its_door_is_shut(world: World) -> None:
    pickup = world.order("1")
    first = world.staff(pickup, loading.open_to_load)
    assert first is not None
    told = {"door": 1, "cause": "load", "placement": first.details["placement"]}
    world.device(("door_opened", told))
    with world.database.transaction() as session:
        session.scalars(
            select(Compartment).where(Compartment.bank_id == world.bank_id, Compartment.number == 1)
        ).one().door = "open"
    second = world.staff(pickup, loading.too_small)
    assert second is not None and second.details["door"] == 3
    assert world.placements(pickup) == [(1, "held"), (3, "held")]
    world.device(("door_shut", {**told, "item": "absent"}))
    assert world.placements(pickup) == [(1, "released"), (3, "held")]
    assert world.state(pickup) == "reserved"
    world.door(second)
    assert world.state(pickup) == "ready"


def test_two_boxes_of_one_order_are_ready_together_behind_one_code(world: World) -> None:
    pickup = world.order("1")
    first = world.staff(pickup, loading.open_to_load)
    second = world.staff(pickup, loading.another_box)
    assert first is not None and second is not None
    world.door(first)
    assert world.state(pickup) == "reserved"
    world.door(second)
    assert world.state(pickup) == "ready"
    assert world.placements(pickup) == [(1, "loaded"), (2, "loaded")]


def test_goods_in_hand_take_a_door_that_was_only_promised_to_another_order(world: World) -> None:
    promised = [world.order(str(number)) for number in range(6)]
    late = world.order("late")
    assert world.placements(late) == [(None, "held")]
    assert world.load(late) == 1
    assert world.state(late) == "ready"
    assert world.placements(promised[0]) == [(1, "released"), (None, "held")]
    assert world.state(promised[0]) == "reserved"


def test_a_door_that_does_not_open_goes_out_of_service_and_another_is_offered(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    world.device(("door_failed", {"door": 1, "cause": "load", "placement": command.details["placement"], "pulses": 3}))
    assert world.placements(pickup) == [(1, "released"), (2, "held")]
    with world.database.reading() as session:
        assert session.scalars(select(Compartment.number).where(Compartment.in_service.is_(False))).all() == [1]
        assert session.scalars(select(Task.kind)).all() == ["door_failed"]


def test_goods_taken_out_again_put_the_pickup_back_on_the_list_with_its_code_asleep(world: World) -> None:
    pickup = world.ready("1")
    assert world.staff(pickup, emptying.take_out) is not None
    tell(world, pickup, "unload")
    assert world.state(pickup) == "reserved"
    with world.database.reading() as session:
        assert session.scalars(select(Grant.state).where(Grant.pickup_id == pickup)).one() == "held"
    world.load(pickup)
    assert world.state(pickup) == "ready"
    assert asked_of_the_world(world, pickup).count("TellShopper") == 1


def test_an_order_set_aside_at_the_counter_is_ready_there_and_handed_over_by_a_person(world: World) -> None:
    pickup = world.order("1")
    world.staff(pickup, loading.set_aside)
    assert world.state(pickup) == "ready"
    assert world.placements(pickup) == [(1, "released"), (None, "loaded")]
    world.staff(pickup, loading.hand_over)
    assert world.state(pickup) == "collected"


def test_a_shopper_who_types_the_code_of_a_counter_order_is_announced_to_staff(world: World) -> None:
    pickup = world.order("1")
    world.staff(pickup, loading.set_aside)
    with world.database.reading() as session:
        grant_id = session.scalars(select(Grant.id).where(Grant.pickup_id == pickup)).one()
    world.device(("counter_arrived", {"grant": grant_id}))
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind).where(Task.settled_at.is_(None))).all() == ["shopper_at_counter"]
    world.staff(pickup, loading.hand_over)
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind).where(Task.settled_at.is_(None))).all() == []


def test_nobody_opens_a_door_from_afar(world: World) -> None:
    pickup = world.order("1")
    with world.database.transaction() as session:
        ada = world.ada(session)
        ada.present_until = clock.now()
    with pytest.raises(Conflict, match="not_present"):
        world.staff(pickup, loading.open_to_load)


def test_without_a_phone_number_a_person_is_asked_to_reach_the_shopper(world: World) -> None:
    pickup = world.ready("1", phone="")
    assert asked_of_the_world(world, pickup) == ["MarkReady"]
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind)).all() == ["no_phone"]


def test_an_event_nobody_can_make_sense_of_is_kept_and_shown_to_a_person(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None
    told = {"door": 1, "placement": command.details["placement"]}
    world.device(
        ("door_shut", {**told, "cause": "sorcery"}), ("door_shut", {**told, "cause": "load", "item": "present"})
    )
    with world.database.reading() as session:
        events = session.scalars(select(DeviceEvent).order_by(DeviceEvent.seq)).all()
        assert [bool(event.trouble) for event in events] == [True, False]
        assert session.scalars(select(Task.kind)).all() == ["odd_event"]
    assert world.state(pickup) == "ready"


def test_another_merchants_bridge_cannot_speak_for_our_placements(world: World) -> None:
    pickup = world.order("1")
    command = world.staff(pickup, loading.open_to_load)
    assert command is not None and world.outsider is not None
    told = {"door": 1, "cause": "load", "placement": command.details["placement"], "item": "present"}
    world.outsider.device(("door_shut", told))
    assert world.state(pickup) == "reserved"


def test_the_timeline_of_a_pickup_is_a_chain_that_shows_where_it_was_altered(world: World) -> None:
    pickup = world.ready("1")
    with world.database.transaction() as session:
        chain = timeline.entries(session, pickup)
        assert timeline.first_break(chain) is None
        chain[2].detail = {"door": 99}
        assert timeline.first_break(chain) == 3
        session.expire_all()


def test_the_database_holds_neither_the_code_nor_the_phone_number_in_clear(world: World) -> None:
    pickup = world.ready("1")
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        code = grants.code_of(grant)
        assert code is not None and codes.read_code(code.written()) == code
        columns = [*vars(grant).values(), *vars(grant.pickup).values(), *vars(grant.pickup.order).values()]
        texts = [value if isinstance(value, bytes) else str(value).encode() for value in columns]
        assert not any(code.secret.encode() in text or PHONE.encode() in text for text in texts)
