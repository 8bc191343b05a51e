"""Orders: what becomes a pickup of ours."""

from __future__ import annotations

from sqlalchemy import select

from bopis import clock
from bopis.drain import drain
from bopis.pickups.mapping import map_location
from bopis.pickups.models import Pickup
from bopis.stores.models import Store
from tests.contracts.meeting import Meeting
from tests.world import HIGH_STREET


class Ours:
    def test_a_pickup_is_reserved_with_its_lines_and_phone(self, meeting: Meeting) -> None:
        meeting.order(phone="+14155550123")
        with meeting.service.database.reading() as session:
            pickup = session.scalars(select(Pickup)).one()
            assert (pickup.state, pickup.store_id) == ("reserved", meeting.world.store_id)
            assert (pickup.order.phone(), [line["sku"] for line in pickup.lines]) == ("+14155550123", ["MUG-SLATE"])

    def test_what_is_shipped_is_left_alone_and_says_why(self, meeting: Meeting) -> None:
        meeting.order(method="shipping")
        assert (meeting.pickups(), meeting.entries()[0].outcome) == ([], "nothing to pick up")

    def test_of_a_mixed_order_only_the_pickup_is_ours(self, meeting: Meeting) -> None:
        meeting.order(method="mixed")
        (pickup,) = meeting.pickups()
        assert len(pickup.lines) == 1

    def test_a_very_long_order_is_taken_over_whole(self, meeting: Meeting) -> None:
        meeting.order(lines=250)
        (pickup,) = meeting.pickups()
        assert sum(line["quantity"] for line in pickup.lines) == 250

    def test_an_unpaid_order_waits_until_it_is_paid(self, meeting: Meeting) -> None:
        order_id = meeting.order(paid=False)
        assert meeting.states() == ["waiting"]
        meeting.shop.pay(order_id)
        meeting.news(order_id)
        assert meeting.states() == ["reserved"]

    def test_an_unknown_location_waits_for_a_person_and_then_heals(self, meeting: Meeting) -> None:
        meeting.forget_locations()
        meeting.order()
        assert (meeting.states(), meeting.tasks()) == (["waiting"], {"map_location"})
        with meeting.service.database.transaction() as session:
            pickup = session.scalars(select(Pickup)).one()
            assert pickup.location_id == HIGH_STREET
            map_location(session, pickup, session.get_one(Store, meeting.world.store_id), clock.now())
        drain(meeting.service)
        assert (meeting.states(), meeting.tasks()) == (["reserved"], set())
