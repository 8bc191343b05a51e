"""What happened, read on from where one was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from bopis import clock
from bopis.pickups import by_hand
from bopis.timeline import TimelineEntry
from bopis.web.api_v1 import events
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


@pytest.fixture
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all that happens had happened a minute ago: nothing is still to be waited for."""
    monkeypatch.setattr(events, "SETTLES", dt.timedelta(minutes=-1))


def feed(developer: Developer, **query: Any) -> Iterator[dict[str, Any]]:
    while True:
        page = developer.reads("/events", **query)
        if not page["data"]:
            return
        yield from page["data"]
        query["cursor"] = page["next_cursor"]


@pytest.mark.usefixtures("a_minute_later")
def test_the_feed_tells_everything_once_in_the_order_it_became_known(world: World, developer: Developer) -> None:
    first, second = world.ready("1"), world.order("2")

    told = list(feed(developer, limit=3))

    assert {event["pickup_id"] for event in told} == {first, second}
    with world.database.reading() as session:
        assert len(told) == session.scalar(select(func.count()).select_from(TimelineEntry))
    assert len({event["id"] for event in told}) == len(told)
    assert [event["written_at"] for event in told] == sorted(event["written_at"] for event in told)
    assert [event["type"] for event in told if event["pickup_id"] == second] == ["waiting", "reserved"]


@pytest.mark.usefixtures("a_minute_later")
def test_whoever_has_read_all_asks_again_with_the_same_cursor(world: World, developer: Developer) -> None:
    world.order("1")
    page = developer.reads("/events", limit=100)
    empty = developer.reads("/events", cursor=page["next_cursor"])
    later = world.order("2")

    assert empty["data"] == [] and empty["next_cursor"]
    assert {event["pickup_id"] for event in feed(developer, cursor=empty["next_cursor"])} == {later}


def test_what_has_just_been_written_is_not_told_yet(world: World, developer: Developer) -> None:
    world.order("1")
    assert developer.reads("/events")["data"] == []


@pytest.mark.usefixtures("a_minute_later")
def test_among_many_entries_of_others_a_page_moves_on(
    world: World, stranger: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOKED_AT", 3)
    world.ready("1")
    cursors, cursor = set(), None
    while cursor not in cursors:
        cursors.add(cursor)
        page = stranger.reads("/events", **({"cursor": cursor} if cursor else {}))
        assert page["data"] == []
        cursor = page["next_cursor"]

    assert len(cursors) > 2


def test_a_pickups_timeline_names_no_person_and_nothing_that_was_typed(world: World, developer: Developer) -> None:
    pickup = world.ready("1")
    with world.database.transaction() as session:
        by_hand.taken_out(
            session, world.pickup(session, pickup), "Mrs Example had the key", clock.now(), actor="staff:x"
        )

    answer = developer.get(f"/pickups/{pickup}/events")
    told = answer.get_json()["data"]

    assert "Example" not in answer.text and world.ada_id not in answer.text
    taken = next(event for event in told if event["type"] == "taken_out_by_hand")
    assert (taken["actor"], taken["detail"]["door"]) == ("staff", 1)
    assert [event["number"] for event in told] == list(range(1, len(told) + 1))


@pytest.mark.parametrize("cursor", ["x", "eHg", "AAAA", "MjAyNi0xMS0yMnx8MA", "w6k="])
def test_a_cursor_that_is_none_of_ours_is_refused(developer: Developer, cursor: str) -> None:
    assert refusal(developer.get("/events", cursor=cursor)) == (400, "bad_cursor")
    assert refusal(developer.get("/pickups", cursor=cursor)) == (400, "bad_cursor")
