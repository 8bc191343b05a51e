"""Making room in a full bank from a phone, over HTTP: what is carried, step by step, on both kinds of database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from bopis import clock, timeline
from bopis.lockers.models import Bank
from bopis.messages import AT_COUNTER, IN_LOCKER
from bopis.outbox import OutboxEntry
from bopis.pickups import holding, lapsing
from bopis.pickups.carry import LAPSE, Carry
from bopis.pickups.for_bridge import grants_since
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Line
from tests.bopis.web.full_bank import full, in_hand, stale
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import World

LARGE = Line("l1", "Floor lamp", 1, "LAMP", 9_000)


def told(world: World, pickup: str) -> list[str]:
    with world.database.reading() as session:
        entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.created_at, OutboxEntry.id))
        fields = [entry.fields for entry in entries if entry.kind == "TellShopper"]
        return [field["template"] for field in fields if field["pickup_id"] == pickup]


def happened(world: World, pickup: str) -> list[str]:
    with world.database.reading() as session:
        return [entry.what for entry in timeline.entries(session, pickup)]


def opens(world: World, pickup: str) -> list[int | None]:
    """The doors its code opens, as the bridge is told; None is the counter."""
    with world.database.transaction() as session:
        for grant in session.scalars(select(Grant)):
            grant.verifier, grant.sync_version = grant.verifier or b"v", grant.sync_version or 1
    with world.database.reading() as session:
        ids = {grant.id for grant in session.scalars(select(Grant).where(Grant.pickup_id == pickup))}
        (written,) = [each for each in grants_since(session, world.bank_id, 0) if each["id"] in ids]
        assert written["active"]
        return [place["door"] for place in written["placements"]]


def plan(ada: Phone, pickup: str) -> list[tuple[str, str, str]]:
    found = ada.state(pickup)["plan"]
    return [(step["words"], step["order"], step["stage"]) for step in found["steps"]] if found else []


def carried_on(ada: Phone, lockers: Lockers, pickup: str, item: str) -> int:
    """The next door of the plan opens, and is shut again."""
    ada.do(pickup, "carry")
    command = lockers.opens()
    lockers.shuts(command, item=item)
    number: int = command.details["door"]
    return number


def test_a_smaller_order_moves_down_and_the_one_in_hand_gets_its_door(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    taken = full(world, small_in_large=True)
    small, new = taken[5], in_hand(world, "1010", "L")
    assert plan(ada, new) == [("Door 5 → door 2", "#105", "later"), ("Into door 5", "#1010", "later")]
    page = ada.get(f"/pickups/{new}", page=True).text
    assert "Make room first" in page and "A smaller order moves to a smaller door to make room." in page
    until = world_hold(world, small)

    assert carried_on(ada, lockers, new, "absent") == 5
    assert plan(ada, new) == [("Door 5 → door 2", "#105", "now"), ("Into door 5", "#1010", "later")]
    assert opens(world, small) == [None], "in somebody's hands it is announced at the counter"
    assert "#105 is in your hands" in ada.get(f"/pickups/{new}", page=True).text

    assert carried_on(ada, lockers, new, "present") == 2
    assert plan(ada, new) == [("Door 5 → door 2", "#105", "done"), ("Into door 5", "#1010", "now")]
    assert (world.placements(small)[-1], opens(world, small)) == ((2, "loaded"), [2])

    assert carried_on(ada, lockers, new, "present") == 5
    assert ada.state(new)["state"] == "ready" and world.placements(new)[-1] == (5, "loaded")
    assert told(world, small) == ["ready"], "a move from door to door is nothing a shopper must know"
    assert world_hold(world, small) == until
    assert ada.get("/state").get_json()["carry"] == []


def world_hold(world: World, pickup: str) -> Any:
    with world.database.reading() as session:
        found = session.get_one(Pickup, pickup)
        return found.hold_until, found.ready_at, found.state


def test_an_order_that_moved_is_as_old_as_before(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    before = lying_since(world, small)
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    carried_on(ada, lockers, new, "present")
    assert lying_since(world, small) == before


def lying_since(world: World, pickup: str) -> dt.datetime | None:
    with world.database.reading() as session:
        (place,) = session.get_one(Pickup, pickup).live_placements()
        return place.loaded_at


def there(world: World, pickup: str) -> list[tuple[int | None, str]]:
    """Where it is or will be now."""
    return [place for place in world.placements(pickup) if place[1] != "released"]


def test_the_stalest_goes_to_the_counter_and_its_shopper_is_told_once(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    old = full(world)[3]
    stale(world, old)
    new = in_hand(world, "1010", "M")
    assert plan(ada, new) == [("Door 3 → the counter", "#103", "later"), ("Into door 3", "#1010", "later")]

    assert carried_on(ada, lockers, new, "absent") == 3
    assert (world.state(old), opens(world, old)) == ("ready", [None])
    assert told(world, old) == ["ready", AT_COUNTER]
    assert "It waited longest" in ada.get("/", page=True).text
    assert carried_on(ada, lockers, new, "present") == 3
    assert world.state(new) == "ready" and told(world, old) == ["ready", AT_COUNTER]


def test_counter_first_then_the_move_then_the_load(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world)
    with world.database.transaction() as session:
        world.pickup(session, taken[5]).size = "S"
    stale(world, taken[1])
    new = in_hand(world, "1010", "L")
    assert [words for words, *_ in plan(ada, new)] == ["Door 1 → the counter", "Door 5 → door 1", "Into door 5"]

    doors = [carried_on(ada, lockers, new, item) for item in ("absent", "absent", "present", "present")]
    assert doors == [1, 5, 1, 5]
    assert world.placements(taken[1])[-1] == (None, "loaded")
    assert world.placements(taken[5])[-1] == (1, "loaded")
    assert world.placements(new)[-1] == (5, "loaded")


def test_each_decision_is_on_the_timeline_with_its_reason(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    carried_on(ada, lockers, new, "present")
    carried_on(ada, lockers, new, "present")
    with world.database.reading() as session:
        details = {e.what: e.detail for pickup in (new, small) for e in timeline.entries(session, pickup)}
    assert details["room_planned"] == {"door": 5, "reason": "moved_down"}
    assert details["carry_planned"] == {"door": 5, "to": 2, "reason": "moved_down"}
    assert details["moved_to_locker"] == {"door": 2, "reason": "moved_down"}
    assert (details["reserved"]["door"], details["reserved"]["reason"]) == (5, "smallest_fitting")
    page = ada.get(f"/pickups/{small}", page=True).text
    assert "To be carried from door 5 to door 2: A smaller order moves to a smaller door to make room" in page


def test_a_door_shut_with_the_goods_still_in_it_asks_again(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "present")
    assert there(world, small) == [(5, "loaded")]
    assert "Door 5 was shut with #105 still in it." in ada.get(f"/pickups/{new}", page=True).text
    assert ada.state(new)["plan"]["button"] == "Open door 5 again"
    carried_on(ada, lockers, new, "absent")
    carried_on(ada, lockers, new, "absent")
    assert "Door 2 was shut with nothing in it." in ada.get(f"/pickups/{new}", page=True).text
    carried_on(ada, lockers, new, "present")
    assert world.placements(small)[-1] == (2, "loaded")


def test_given_up_half_way_the_goods_stay_at_the_counter_and_nothing_is_held(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    ada.do(new, "stop-carrying")
    assert (there(world, small), world.state(small)) == ([(None, "loaded")], "ready")
    assert told(world, small) == ["ready", AT_COUNTER]
    assert ada.refused(new, "stop-carrying") == "nothing_to_carry"
    assert ada.state(new)["plan"]["begun"] is False
    assert ada.do(small, "hand-over")["state"] == "collected"


def test_put_back_undoes_it_without_a_word_to_the_shopper(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    ada.do(new, "put-back")
    lockers.shuts(lockers.opens())
    assert (world.placements(small)[-1], opens(world, small)) == ((5, "loaded"), [5])
    assert told(world, small) == ["ready"]


def test_nothing_is_given_up_while_a_door_stands_open(world: World, ada: Phone, lockers: Lockers) -> None:
    full(world, small_in_large=True)
    new = in_hand(world, "1010", "L")
    ada.do(new, "carry")
    command = lockers.opens()
    assert ada.refused(new, "stop-carrying") == "door_open"
    lockers.shuts(command, item="present")
    ada.do(new, "stop-carrying")
    with world.database.reading() as session:
        assert session.scalars(select(Carry).where(Carry.closed_at.is_(None))).all() == []


def test_two_taps_are_one_wish_and_a_second_phone_goes_on_where_the_first_stopped(
    world: World, web: Any, ada: Phone, lockers: Lockers
) -> None:
    full(world, small_in_large=True)
    new = in_hand(world, "1010", "L")
    ada.do(new, "carry")
    ada.do(new, "carry")
    assert len(lockers.waiting()) == 1
    lockers.shuts(lockers.opens(), item="absent")

    mo = Phone(web).signed_in("A1M").at(lockers)
    (row,) = mo.get("/state").get_json()["carry"]
    assert (row["words"], row["pickup"]) == ("In your hands → door 2", new)
    assert carried_on(mo, lockers, new, "present") == 2
    assert carried_on(mo, lockers, new, "present") == 5
    assert world.state(new) == "ready"


def test_doors_of_a_plan_are_nobody_elses(world: World, ada: Phone, lockers: Lockers) -> None:
    full(world, small_in_large=True)
    new, other = in_hand(world, "1010", "L"), in_hand(world, "1011", "L")
    carried_on(ada, lockers, new, "absent")
    assert ada.state(other)["plan"] is None
    assert ada.refused(other, "open") == "nothing_free"
    tiny = in_hand(world, "1012", "S")
    assert ada.refused(tiny, "open") == "nothing_free", "door 2 is where #105 goes"


def test_a_promised_door_goes_to_what_is_carried_there(world: World, ada: Phone, lockers: Lockers) -> None:
    full(world, small_in_large=True)
    new = in_hand(world, "1010", "L")
    promised = world.order("1020")
    assert world.placements(promised) == [(2, "held")]
    carried_on(ada, lockers, new, "absent")
    carried_on(ada, lockers, new, "present")
    assert world.placements(promised)[0] == (2, "released")
    assert world.state(promised) == "reserved"


def test_a_shopper_who_comes_first_takes_it_and_the_plan_is_made_anew(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    ada.do(new, "carry")
    lockers.refuses("busy")
    lockers.is_opened_by_its_shopper(small)
    assert world.state(small) == "collected"
    assert carried_on(ada, lockers, new, "present") == 5
    assert (world.state(new), world.placements(new)[-1]) == ("ready", (5, "loaded"))


def test_a_shopper_on_the_way_finds_it_where_it_lies(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    ada.do(new, "carry")
    lockers.refuses("busy")
    with world.database.transaction() as session:
        holding.on_my_way(session, world.pickup(session, small), clock.now())
    assert ada.refused(new, "carry") == "nothing_free"
    assert there(world, small) == [(5, "loaded")]


def test_a_shopper_who_comes_while_it_is_in_somebodys_hands_gets_it_there(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    assert opens(world, small) == [None]
    assert ada.do(small, "hand-over")["state"] == "collected"
    assert carried_on(ada, lockers, new, "present") == 5
    assert world.state(new) == "ready"


def test_what_nobody_goes_on_with_is_at_the_counter_after_a_while(
    world: World, ada: Phone, lockers: Lockers, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    later(world, LAPSE)
    with world.database.transaction() as session:
        lapsing.lapse(session, session.get_one(Bank, world.bank_id), clock.now())
    assert told(world, small) == ["ready", AT_COUNTER]
    with world.database.reading() as session:
        assert session.scalars(select(Carry).where(Carry.closed_at.is_(None))).all() == []


def later(world: World, time: dt.timedelta) -> None:
    """As if so much time had passed since the last step."""
    with world.database.transaction() as session:
        session.execute(update(Carry).values(changed_at=clock.now() - time))


def test_a_door_that_does_not_open_is_replaced(world: World, ada: Phone, lockers: Lockers) -> None:
    small = full(world, small_in_large=True)[5]
    new = in_hand(world, "1010", "L")
    carried_on(ada, lockers, new, "absent")
    ada.do(new, "carry")
    lockers.fails()
    assert world.placements(small)[-1] == (2, "released")
    assert "Door 2 did not open." in ada.get(f"/pickups/{new}", page=True).text
    assert ada.refused(new, "carry") in ("nothing_free",)
    ada.do(new, "stop-carrying")
    assert world.placements(small)[-2:] == [(None, "loaded"), (2, "released")]


def freed(world: World, pickup: str, lockers: Lockers) -> None:
    lockers.is_opened_by_its_shopper(pickup)


def at_counter(world: World, ada: Phone, order: str, needs: str) -> str:
    """An order for which every door was full."""
    pickup = in_hand(world, order, needs)
    ada.do(pickup, "set-aside")
    return pickup


def offers(ada: Phone) -> list[tuple[str, str]]:
    return [(row["order"], row["words"]) for row in ada.get("/state").get_json()["carry"]]


def test_a_door_that_became_free_is_offered_to_the_newest_at_the_counter_and_its_shopper_told_once(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    taken = full(world)
    older, newer = at_counter(world, ada, "1011", "M"), at_counter(world, ada, "1012", "M")
    assert offers(ada) == []
    freed(world, taken[4], lockers)
    assert offers(ada) == [("#1012", "Door 4 is free: bring it in from the counter")]
    assert "Door 4 is free for it." in ada.get(f"/pickups/{newer}", page=True).text
    assert ada.state(older)["plan"] is None

    assert carried_on(ada, lockers, newer, "present") == 4
    assert (there(world, newer), opens(world, newer)) == ([(4, "loaded")], [4])
    assert told(world, newer) == ["ready", IN_LOCKER]
    assert offers(ada) == []
    assert "A door became free" in ada.get(f"/pickups/{newer}", page=True).text


def test_while_one_comes_in_the_next_free_door_goes_to_the_next(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world)
    older, newer = at_counter(world, ada, "1011", "M"), at_counter(world, ada, "1012", "M")
    freed(world, taken[4], lockers)
    freed(world, taken[3], lockers)
    assert offers(ada) == [
        ("#1012", "Door 3 is free: bring it in from the counter"),
        ("#1011", "Door 4 is free: bring it in from the counter"),
    ]
    ada.do(newer, "carry")
    command = lockers.opens()
    assert carried_on(ada, lockers, older, "present") == 4
    lockers.shuts(command)
    assert [world.placements(pickup)[-1] for pickup in (newer, older)] == [(3, "loaded"), (4, "loaded")]


def test_another_may_be_moved_down_to_let_one_in(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world)
    with world.database.transaction() as session:
        world.pickup(session, taken[3]).size = "S"
    waiting = at_counter(world, ada, "1012", "M")
    freed(world, taken[1], lockers)
    assert offers(ada) == [("#1012", "Door 3 can be freed: bring it in from the counter")]
    assert [carried_on(ada, lockers, waiting, item) for item in ("absent", "present", "present")] == [3, 1, 3]
    assert world.placements(taken[3])[-1] == (1, "loaded") and world.placements(waiting)[-1] == (3, "loaded")
    assert told(world, taken[3]) == ["ready"]


def test_what_staff_want_at_the_counter_stays_there(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world)
    refused, too_big = at_counter(world, ada, "1011", "M"), in_hand(world, "1012", "")
    ada.do(too_big, "set-aside")
    freed(world, taken[4], lockers)
    chosen = world.order("1013", lines=())
    ada.do(chosen, "set-aside")
    assert [order for order, _ in offers(ada)] == ["#1011"]
    ada.do(refused, "leave-at-counter")
    assert offers(ada) == []


def knobs(world: World, **values: int) -> None:
    with world.database.transaction() as session:
        session.get_one(Bank, world.bank_id).knobs = values


def test_nobody_waits_longer_for_a_door_than_the_bank_says(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world)
    at_counter(world, ada, "1011", "M")
    freed(world, taken[4], lockers)
    knobs(world, waitlist_hours=0)
    assert offers(ada) == []
    knobs(world, waitlist_hours=1)
    assert [order for order, _ in offers(ada)] == ["#1011"]


def test_who_had_to_go_comes_back_only_where_the_bank_allows_it_and_has_doors_to_spare(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    taken = full(world)
    stale(world, taken[1])
    carried_on(ada, lockers, in_hand(world, "1010", "S"), "absent")
    for door in (2, 3, 4, 5):
        freed(world, taken[door], lockers)
    later(world, LAPSE)
    assert offers(ada) == []
    knobs(world, reloads=1)
    assert [order for order, _ in offers(ada)] == ["#101"]


def test_a_bank_that_carries_nothing_and_lets_nobody_go(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world, small_in_large=True)
    stale(world, taken[6])
    knobs(world, moves=0, guaranteed_hours=0)
    new = in_hand(world, "1010", "L")
    assert ada.refused(new, "carry") == "nothing_free"
    assert ada.state(new)["plan"] is None


def test_too_small_in_a_full_bank_makes_room_for_a_larger_door(world: World, ada: Phone, lockers: Lockers) -> None:
    taken = full(world, small_in_large=True)
    new = in_hand(world, "1010", "S")
    ada.do(new, "open")
    small = lockers.opens()
    state = ada.do(new, "too-small")
    assert (state["place"], state["plan"]) == ("counter", None), "nobody had a door for a day yet"
    stale(world, taken[3])

    assert "Door 2 is still open." in ada.get(f"/pickups/{new}", page=True).text
    assert plan(ada, new) == [("Door 3 → the counter", "#103", "later"), ("Into door 3", "#1010", "later")]
    lockers.shuts(small, item="absent")
    assert plan(ada, new)[0] == ("Door 5 → door 2", "#105", "later"), "the box given up has room for a smaller one"
    assert [carried_on(ada, lockers, new, item) for item in ("absent", "present", "present")] == [5, 2, 5]
    assert (world.state(new), there(world, new)) == ("ready", [(5, "loaded")])


def test_carried_to_the_counter_by_hand(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.ready("1")
    ada.do(pickup, "to-counter")
    assert "Take #1 out and shut the door." not in ada.get(f"/pickups/{pickup}", page=True).text
    command = lockers.opens()
    assert "Take #1 out and shut the door." in ada.get(f"/pickups/{pickup}", page=True).text
    lockers.shuts(command, item="absent")
    assert told(world, pickup) == ["ready", AT_COUNTER]
    assert ada.state(pickup)["place"] == "counter" and offers(ada) == []
    assert ada.refused(pickup, "to-counter") == "not_in_locker"


def test_called_off_on_the_way_it_goes_back_to_the_store(world: World, ada: Phone, lockers: Lockers) -> None:
    pickup = world.ready("1")
    ada.do(pickup, "to-counter")
    command = lockers.opens()
    world.news(world.snapshot("1", cancelled_at=clock.now(), updated_at=clock.now() + dt.timedelta(seconds=1)))
    lockers.shuts(command, item="absent")
    assert world.state(pickup) == "returned" and told(world, pickup) == ["ready"]


def statements(world: World, deed: Any) -> list[str]:
    """The statements that a deed sends."""
    from sqlalchemy import event

    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = world.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        deed()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sent


def test_a_decision_reads_every_door_with_one_statement(world: World, ada: Phone) -> None:
    full(world)
    new = in_hand(world, "1010", "M")
    from bopis.pickups.deciding import decide_for

    with world.database.reading() as session:
        pickup = session.get_one(Pickup, new)
        assert len(statements(world, lambda: decide_for(session, pickup, clock.now()))) == 1
