"""Deliveries: who may speak, and what is sent badly."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bopis.drain import drain
from bopis.inbox import body_of
from tests.contracts.meeting import Meeting
from tests.contracts.shop import Sent


class Receiving:
    # Who may speak

    def test_a_signed_delivery_is_thanked_for_and_kept(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert meeting.deliver(sent).status_code == 202
        (entry,) = meeting.entries()
        assert body_of(entry) == sent.body

    def test_a_delivery_altered_on_its_way_is_refused(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert meeting.deliver(replace(sent, body=sent.body + b" ")).status_code == 401
        assert meeting.entries() == []

    def test_a_delivery_without_a_signature_is_refused(self, meeting: Meeting) -> None:
        assert meeting.deliver(Sent({}, b"{}")).status_code == 401
        assert meeting.entries() == []

    # What is sent badly

    def test_the_same_delivery_again_is_thanked_for_and_not_kept(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        assert [meeting.deliver(sent).status_code for _ in range(3)] == [202, 200, 200]
        assert len(meeting.entries()) == 1

    def test_a_captured_delivery_played_back_does_nothing(self, meeting: Meeting) -> None:
        sent = meeting.shop.news(meeting.shop.place(), "placed")
        meeting.deliver(sent)
        assert meeting.deliver(meeting.shop.again(sent)).status_code in (200, 401)
        assert len(meeting.entries()) == 1

    @pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"{}", b"\xff\xfe", b"[" * 5000])
    def test_a_signed_body_nobody_can_read_is_kept_for_a_person(self, meeting: Meeting, body: bytes) -> None:
        assert meeting.deliver(meeting.shop.signed(body)).status_code == 202
        drain(meeting.service)
        (entry,) = meeting.entries()
        assert (entry.state, body_of(entry), meeting.tasks()) == ("dead", body, {"delivery_failed"})

    def test_a_body_beyond_a_megabyte_is_refused(self, meeting: Meeting) -> None:
        assert meeting.deliver(meeting.shop.signed(b" " * 1_100_000)).status_code == 413

    def test_news_in_any_order_lead_to_the_same_end(self, meeting: Meeting) -> None:
        order_id = meeting.shop.place()
        for what in ("changed", "placed", "changed"):
            meeting.news(order_id, what)
        assert meeting.states() == ["reserved"]
        called_off = meeting.shop.place()
        meeting.shop.cancel(called_off)
        for what in ("cancelled", "placed"):
            meeting.news(called_off, what)
        assert meeting.states() == ["reserved"]

    def test_a_hundred_deliveries_of_one_orders_life_in_any_order_do_each_thing_once(self, meeting: Meeting) -> None:
        order_id = meeting.shop.place(phone="+14155550123")
        life = [meeting.shop.news(order_id, what) for what in ("placed", *["changed"] * 24)] * 4
        random.Random(100).shuffle(life)
        for begin, end, then in ((0, 40, meeting.load), (40, 70, meeting.collect), (70, 100, meeting.pickups)):
            for sent in life[begin:end]:
                assert meeting.deliver(sent).status_code in (200, 202)
            drain(meeting.service)
            then()
        assert (meeting.states(), len(meeting.entries())) == (["collected"], 25)
        assert meeting.shop.told() == ["ready", "collected"]
        texts = meeting.texts()
        assert "ready" in texts
        assert len(set(texts)) == len(texts)
        assert meeting.tasks() == set()
