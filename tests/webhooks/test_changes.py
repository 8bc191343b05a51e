"""What real shops do to an order after it was placed, seen from the pickup, against the pretend shop."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bopis import clock
from bopis.inbox import InboxEntry
from bopis.merchants.models import Connection
from bopis.outbox import OutboxEntry
from bopis.pickups import emptying
from bopis.pickups.mapping import map_location
from bopis.pickups.models import Grant, Pickup
from bopis.stores.models import LocationMapping, Store
from tests.webhooks.door import Door


def states(door: Door) -> list[tuple[str, str]]:
    return [(pickup.state, pickup.reason) for pickup in door.pickups()]


def where(pickup: Pickup) -> list[int | None]:
    return [place.compartment.number if place.compartment else None for place in pickup.live_placements()]


def open_code(door: Door) -> tuple[str, int]:
    with door.service.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.state != "closed")).one()
        return str(grant.selector), grant.version


def test_an_order_edited_before_loading_gets_the_door_it_needs_now(door: Door) -> None:
    order_id = door.order("LIP-ROSE")
    small = where(door.pickup())
    door.change(order_id, "edit", add={"CASE-CABIN": 2})
    assert (door.pickup().state, len(door.pickup().lines)) == ("reserved", 2)
    assert where(door.pickup()) != small
    assert door.tasks() == []


def test_an_order_edited_after_loading_is_to_be_taken_out_and_keeps_its_code(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    code, place = open_code(door), where(door.pickup())
    door.change(order_id, "edit", add={"LIP-ROSE": 1})
    assert (door.pickup().state, where(door.pickup()), open_code(door)) == ("ready", place, code)
    assert door.tasks() == ["changed_after_loading"]
    assert "what is in it changed" in door.reason("changed_after_loading")
    door.news(order_id)
    assert door.tasks() == ["changed_after_loading"]


def test_what_was_taken_out_to_be_changed_is_loaded_again_as_it_should_be(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    pickup_id = door.load()
    door.change(order_id, "edit", add={"LIP-ROSE": 1})
    command = door.world.staff(pickup_id, emptying.take_out)
    assert command is not None
    door.world.door(command, item="absent")
    door.work()
    assert (door.pickup().state, door.tasks()) == ("reserved", [])
    door.load()
    assert (door.pickup().state, len(door.pickup().lines), door.tasks()) == ("ready", 2, [])


def test_a_refund_in_part_leaves_the_rest_to_pick_up(door: Door) -> None:
    order_id = door.order("MUG-SLATE", "LIP-ROSE")
    door.change(order_id, "refund", remove={"LIP-ROSE": 1})
    assert (door.pickup().state, [line["sku"] for line in door.pickup().lines]) == ("reserved", ["MUG-SLATE"])


def test_a_refund_in_part_after_loading_asks_for_it_to_be_taken_out(door: Door) -> None:
    order_id = door.order("MUG-SLATE", "LIP-ROSE")
    door.load()
    door.change(order_id, "refund", remove={"LIP-ROSE": 1})
    assert (door.pickup().state, door.tasks()) == ("ready", ["changed_after_loading"])


def test_a_refund_of_everything_ends_the_pickup(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.change(order_id, "refund", remove={"MUG-SLATE": 1})
    assert (states(door), where(door.pickup())) == ([("cancelled", "closed_on_platform")], [])


@pytest.mark.parametrize("do", ["move", "relocate"])
def test_an_order_moved_before_loading_waits_in_the_other_store(door: Door, do: str) -> None:
    order_id = door.order("MUG-SLATE")
    door.change(order_id, do, unit_id=door.shop.unit_of(order_id), location_id="1002")
    live = [pickup for pickup in door.pickups() if pickup.state != "cancelled"]
    assert [(pickup.store_id, pickup.state) for pickup in live] == [(door.world.station_id, "reserved")]
    assert where(live[0]) == [None]  # a store without lockers
    with door.service.database.reading() as session:
        assert len(list(session.scalars(select(Grant).where(Grant.state != "closed")))) == 1


def test_an_order_moved_under_its_id_after_loading_stays_where_its_goods_are(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    door.change(order_id, "relocate", unit_id=door.shop.unit_of(order_id), location_id="1002")
    assert (door.pickup().state, door.pickup().store_id) == ("ready", door.world.store_id)
    assert "another store" in door.reason("changed_after_loading")


def test_an_order_moved_after_loading_is_taken_out_here_and_expected_there(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    door.change(order_id, "move", unit_id=door.shop.unit_of(order_id), location_id="1002")
    assert states(door)[0] == ("cancelled", "closed_on_platform")
    assert (door.pickups()[1].state, door.pickups()[1].store_id) == ("reserved", door.world.station_id)
    assert door.tasks() == ["reclaim"]


def test_an_order_split_becomes_two_pickups(door: Door) -> None:
    order_id = door.order("MUG-SLATE", "LIP-ROSE")
    door.change(order_id, "split", unit_id=door.shop.unit_of(order_id), remove={"LIP-ROSE": 1})
    assert [[line["sku"] for line in pickup.lines] for pickup in door.pickups()] == [["MUG-SLATE"], ["LIP-ROSE"]]
    assert states(door) == [("reserved", "smallest_fitting")] * 2


def test_pickups_merged_become_one(door: Door) -> None:
    order_id = door.order("MUG-SLATE", "LIP-ROSE")
    door.change(order_id, "split", unit_id=door.shop.unit_of(order_id), remove={"LIP-ROSE": 1})
    units = [pickup.unit_id for pickup in door.pickups()]
    door.change(order_id, "merge", unit_ids=units)
    first, second = door.pickups()
    assert (first.state, len(first.lines), second.state) == ("reserved", 2, "cancelled")
    assert len(where(first)) == 1
    assert where(second) == []


def test_a_held_order_gives_its_place_back_and_is_reserved_when_released(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    unit_id = door.shop.unit_of(order_id)
    door.change(order_id, "hold", unit_id=unit_id)
    assert (states(door), where(door.pickup())) == ([("waiting", "on_hold")], [])
    door.change(order_id, "release", unit_id=unit_id)
    assert (door.pickup().state, len(where(door.pickup()))) == ("reserved", 1)


def test_a_hold_after_loading_is_said_and_taken_back_when_it_is_released(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    unit_id = door.shop.unit_of(order_id)
    door.change(order_id, "hold", unit_id=unit_id)
    assert "put on hold" in door.reason("changed_after_loading")
    door.change(order_id, "release", unit_id=unit_id)
    assert (door.pickup().state, door.tasks()) == ("ready", [])


def test_news_of_units_without_an_order_find_it_by_what_we_know_or_by_asking(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    unit = {"fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{door.shop.unit_of(order_id)}"}}
    door.deliver({**unit, "n": 1}, topic="fulfillment_orders/order_routing_complete", delivery="r1")
    door.work()
    assert door.pickup().state == "reserved"
    door.shop.change(order_id, "hold", unit_id=door.shop.unit_of(order_id))
    door.deliver({**unit, "n": 2}, topic="fulfillment_orders/placed_on_hold", delivery="r2")
    door.work()
    assert states(door) == [("waiting", "on_hold")]


def test_an_order_held_and_released_twice_is_followed_both_times(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    unit_id = door.shop.unit_of(order_id)
    body = {"fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{unit_id}", "status": "open"}}
    for number in range(2):
        door.change(order_id, "hold", unit_id=unit_id)
        door.shop.change(order_id, "release", unit_id=unit_id)
        assert door.pickup().state == "waiting"
        door.deliver(body, topic="fulfillment_orders/hold_released", delivery=f"released{number}")
        door.work()
        assert door.pickup().state == "reserved"


def test_news_of_a_unit_there_is_not_is_left_alone_and_says_why(door: Door) -> None:
    unit = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "open"}}
    door.deliver(unit, topic="fulfillment_orders/order_routing_complete")
    door.work()
    assert (door.entry().state, door.entry().outcome) == ("done", "the platform has no such unit")


def test_several_pickups_of_one_order_and_what_is_shipped_are_told_apart(door: Door) -> None:
    lines = [
        {"sku": "MUG-SLATE", "quantity": 1},
        {"sku": "LIP-ROSE", "quantity": 1, "location_id": "1002"},
        {"sku": "LAMP-ARC", "quantity": 1, "method": "SHIPPING"},
    ]
    order_id = door.order(lines=lines)
    assert {pickup.store_id for pickup in door.pickups()} == {door.world.store_id, door.world.station_id}
    assert [pickup.state for pickup in door.pickups()] == ["reserved"] * 2
    door.shop.post(f"/shop/api/orders/{order_id}/cancel", {})
    door.news(order_id, "orders/cancelled")
    assert [pickup.state for pickup in door.pickups()] == ["cancelled"] * 2


def test_an_order_of_250_lines_is_one_pickup_with_all_of_them(door: Door) -> None:
    door.order(lines=[{"sku": "LIP-ROSE", "quantity": 1}] * 250)
    assert (len(door.pickup().lines), door.pickup().state) == (250, "reserved")


def test_without_a_phone_number_a_person_is_asked_to_reach_the_shopper(door: Door) -> None:
    door.order("MUG-SLATE", phone="")
    door.load()
    assert (door.pickup().state, door.pickup().order.phone(), door.tasks()) == ("ready", "", ["no_phone"])


def test_an_order_cancelled_after_loading_is_to_be_taken_out(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    door.shop.post(f"/shop/api/orders/{order_id}/cancel", {})
    door.news(order_id, "orders/cancelled")
    assert (door.pickup().state, len(where(door.pickup())), door.tasks()) == ("cancelled", 1, ["reclaim"])


def test_a_cancel_that_comes_before_the_create_makes_no_pickup(door: Door) -> None:
    order_id = door.shop.order("MUG-SLATE")
    door.shop.post(f"/shop/api/orders/{order_id}/cancel", {})
    door.news(order_id, "orders/cancelled")
    door.news(order_id, "orders/create")
    assert door.pickups() == []


def test_an_order_deleted_in_the_shop_is_called_off(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.shop.change(order_id, "delete")
    door.deliver({"id": int(order_id)}, topic="orders/delete")
    door.work()
    assert (states(door), where(door.pickup())) == ([("cancelled", "deleted_on_platform")], [])


def test_our_own_write_backs_start_no_loop(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    door.load()
    done = len(door.shop.mutations())
    before = door.count(OutboxEntry)
    for _ in range(5):
        door.news(order_id)
    assert (len(door.shop.mutations()), door.count(OutboxEntry)) == (done, before)


def test_an_unknown_location_is_asked_about_with_a_suggestion_and_heals_without_new_news(door: Door) -> None:
    with door.service.database.transaction() as session:
        mapping = session.scalars(select(LocationMapping).where(LocationMapping.store_id == door.world.store_id)).one()
        session.delete(mapping)
    for _ in range(2):
        door.order("MUG-SLATE")
    assert states(door) == [("waiting", "unknown_location")] * 2
    assert door.tasks() == ["map_location"] * 2
    with door.service.database.reading() as session:
        reasons = set(session.scalars(select(Pickup.location_name)))
    assert reasons == {"High Street"}
    with door.service.database.transaction() as session:
        pickup = session.get_one(Pickup, door.pickups()[0].id)
        assert map_location(session, pickup, session.get_one(Store, door.world.store_id), clock.now()) == 2
    door.work()
    assert [state for state, _ in states(door)] == ["reserved"] * 2
    assert door.tasks() == []


def test_the_suggestion_is_the_store_whose_name_is_nearest(door: Door) -> None:
    with door.service.database.transaction() as session:
        session.delete(
            session.scalars(select(LocationMapping).where(LocationMapping.store_id == door.world.store_id)).one()
        )
    door.order("MUG-SLATE")
    assert door.reason("map_location").endswith("Is it Fernhill High Street?")


def test_an_order_that_must_wait_for_its_units_shows_them_when_routing_is_complete(door: Door) -> None:
    door.shop.sandbox.shop.behaviour.change({"units_after": 600.0})
    order_id = door.order("MUG-SLATE")
    assert (door.pickups(), door.entry().state) == ([], "waiting")
    for unit in door.shop.sandbox.shop.world.orders[order_id].units:
        unit.visible_from = clock.now()
    unit_gid = f"gid://shopify/FulfillmentOrder/{door.shop.unit_of(order_id)}"
    door.deliver(
        {"fulfillment_order": {"id": unit_gid, "status": "open"}},
        delivery="routed",
        topic="fulfillment_orders/order_routing_complete",
    )
    door.work()
    assert door.pickup().state == "reserved"


def test_one_merchants_news_never_touch_anothers_orders(door: Door) -> None:
    order_id = door.order("MUG-SLATE")
    outsider = door.world.outsider
    assert outsider is not None
    with door.service.database.reading() as session:
        theirs = session.get_one(Connection, outsider.shop.connection_id)
        assert not list(session.scalars(select(InboxEntry).where(InboxEntry.connection_id == theirs.id)))
    assert door.pickup().merchant_id == door.world.merchant_id
    assert door.pickup().order.platform_order_id == order_id
