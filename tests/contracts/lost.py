"""When a platform cannot answer, and what got lost."""

from __future__ import annotations

from typing import Any

import pytest

from bopis.drain import drain
from tests.contracts.meeting import Meeting


class Lost:
    # When it cannot answer

    @pytest.mark.parametrize("how", ["throttled", "down"])
    def test_what_it_cannot_answer_now_is_asked_again(self, meeting: Meeting, later: Any, how: str) -> None:
        order_id = meeting.shop.place()
        meeting.shop.misbehave(how)
        meeting.news(order_id, "placed")
        assert (meeting.pickups(), meeting.entries()[0].state) == ([], "waiting")
        meeting.shop.misbehave("well")
        later(seconds=90)
        drain(meeting.service)
        assert meeting.states() == ["reserved"]

    def test_when_it_lets_us_in_no_more_a_person_is_told_and_it_heals(self, meeting: Meeting, later: Any) -> None:
        order_id = meeting.shop.place()
        meeting.shop.misbehave("revoked")
        meeting.news(order_id, "placed")
        assert meeting.tasks() == {"delivery_failed", "reconnect"}
        meeting.shop.misbehave("well")
        meeting.watch()
        meeting.round()
        assert (meeting.states(), meeting.tasks()) == (["reserved"], set())

    # What got lost

    def test_an_order_nobody_told_us_of_is_found(self, meeting: Meeting, later: Any) -> None:
        meeting.shop.place()
        meeting.watch()
        meeting.round()
        assert meeting.states() == ["reserved"]
        # Where times are whole seconds, what was read within the second of its change is read once more.
        later(minutes=6)
        meeting.round()
        before = len(meeting.entries())
        later(minutes=6)
        meeting.round()
        assert len(meeting.entries()) == before

    def test_after_five_hours_out_of_reach_everything_is_made_good_within_ten_minutes(
        self, meeting: Meeting, later: Any
    ) -> None:
        called_off = meeting.order()
        meeting.watch()
        meeting.round()
        for _ in range(3):
            meeting.shop.place()
        meeting.shop.cancel(called_off)
        later(hours=5)
        for _ in range(10):
            later(minutes=1)
            meeting.round()
        assert sorted(meeting.states()) == ["cancelled", "reserved", "reserved", "reserved"]
