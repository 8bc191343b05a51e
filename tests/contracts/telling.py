"""What a platform is asked and told."""

from __future__ import annotations

from tests.contracts.meeting import Meeting


class Telling:
    def test_it_is_told_ready_once_and_not_before_the_goods_are_there(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        assert meeting.shop.told() == []
        meeting.load()
        meeting.news(order_id)
        assert (meeting.shop.told(), meeting.states()) == (["ready"], ["ready"])

    def test_saying_it_twice_does_it_once(self, meeting: Meeting) -> None:
        meeting.order()
        (pickup,) = meeting.pickups()
        platform, account = meeting.platform, meeting.account()
        for mark in (platform.mark_ready, platform.mark_ready, platform.mark_collected, platform.mark_collected):
            mark(account, pickup.unit_id)
        assert meeting.shop.told() == ["ready", "collected"]

    def test_what_nobody_collected_is_in_stock_again_once(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        (pickup,) = meeting.pickups()
        platform, account = meeting.platform, meeting.account()
        for _ in range(3):
            platform.mark_returned(account, pickup.unit_id, pickup.id)
        assert meeting.shop.told() == ["ready", "returned"]
        meeting.news(order_id)
        assert meeting.tasks() <= {"reclaim"}

    def test_its_echo_of_what_it_was_told_changes_nothing(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        for _ in range(3):
            meeting.news(order_id)
        assert (meeting.shop.told(), meeting.states(), meeting.tasks()) == (["ready"], ["ready"], set())

    def test_a_cancelled_order_frees_its_place(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.shop.cancel(order_id)
        meeting.news(order_id, "cancelled")
        (pickup,) = meeting.pickups()
        places = [state for _, state in meeting.world.placements(pickup.id)]
        assert (pickup.state, places) == ("cancelled", ["released"])

    def test_goods_of_a_cancelled_order_are_to_be_taken_out(self, meeting: Meeting) -> None:
        order_id = meeting.order()
        meeting.load()
        meeting.shop.cancel(order_id)
        meeting.news(order_id, "cancelled")
        assert (meeting.states(), meeting.tasks()) == (["cancelled"], {"reclaim"})
