"""A store without its line: staff and shoppers at the kiosk of a real bridge, and a real service that hears of it all
in the end. Whatever either side decided meanwhile, what happened holds."""

from __future__ import annotations

import pytest

from bopis import clock
from bopis.pickups.models import Pickup
from tests.firmware_bridge.world import until
from tests.stories.cut_off import Store

pytestmark = pytest.mark.timeout(900)


def test_a_store_loads_hands_out_and_takes_back_without_the_line_and_the_service_hears_it_all_once(
    store: Store,
) -> None:
    world = store.world
    waiting, called_off, first, second = (world.order(number) for number in "1234")
    store.told()
    assert store.sign_in() == "in"
    put_in = {store.loads(waiting), store.loads(called_off)}
    store.post("staff/sign-out", press="")
    until(lambda: [world.state(pickup) for pickup in (waiting, called_off)] == ["ready", "ready"])
    world.news(world.snapshot("2", cancelled_at=clock.now()))
    store.told()
    store.cut()

    assert store.sign_in() == "in"
    items = {item["pickup"]: item for item in store.state()["staff"]["items"]}
    assert {pickup: item["action"] for pickup, item in items.items()} == {
        called_off: "reclaim",
        first: "load",
        second: "load",
    }
    named = store.loads(first)
    with world.database.reading() as session:
        promised = session.get_one(Pickup, second).wanted_placements()[0].compartment.number  # type: ignore[union-attr]
    store.locks.misbehave(door=promised, stuck=True)
    store.post("staff/load", pickup=second)
    assert store.job("failed")["door"] == promised
    other = store.loads(second)
    assert other not in {named, promised} | put_in
    assert store.collects(store.code(waiting)) in put_in
    code = store.code(first)
    assert store.collects(code) == named
    assert store.post("staff/reclaim", pickup=called_off) == {"ok": True}
    door = store.job("open")["door"]
    store.locks.take_item(door)
    store.locks.shut_door(door)
    store.job("shut")
    store.post("staff/sign-out", press="")

    store.mend()
    events = store.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert not [event.trouble for event in events if event.trouble]
    states = [world.state(pickup) for pickup in (waiting, called_off, first, second)]
    assert states == ["collected", "returned", "collected", "ready"]
    assert (other, "loaded") in world.placements(second)
    assert store.texts(second) == 1
    store.told()
    assert store.collects(store.code(second)) == other
