"""What happens when nothing is free: who moves down, who makes room, who waits, and who comes in when a door frees."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bopis.lockers.allocation import (
    Box,
    Decision,
    Door,
    Goods,
    Move,
    Stay,
    Waiting,
    decide,
    decide_parcels,
    refill,
    takes,
)
from bopis.lockers.fit import SIZES
from bopis.lockers.knobs import Knobs, KnobsOf, explained

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
USUAL = Knobs()
OFF = Knobs(guaranteed_hours=0, waitlist_hours=0, moves=0)


def door(number: int, size: str, holder: str | None = None, *, accessible: bool = False, bank: str = "b") -> Door:
    return Door(f"c{number}", number, size, accessible, holder, bank)


def full(number: int, size: str, needs: str, hours: float = 1, *, pinned: bool = False, bank: str = "b") -> Box:
    stay = Stay(Goods(f"in {number}", needs), NOW - dt.timedelta(hours=hours), pinned)
    return Box(door(number, size, bank=bank), stay)


def free(number: int, size: str, holder: str | None = None, cold: str = "", *, accessible: bool = False) -> Box:
    return Box(door(number, size, holder, accessible=accessible), None, cold)


def new(size: str | None, *needs: str) -> Goods:
    return Goods("new", size, frozenset(needs))


def at_counter(name: str, size: str, hours: float, loads: int = 0) -> Waiting:
    return Waiting(Goods(name, size), NOW - dt.timedelta(hours=hours), loads)


def test_with_a_free_door_nothing_is_moved() -> None:
    boxes = [free(1, "L"), full(2, "L", "S", 90), free(3, "S")]

    assert decide(boxes, new("M"), NOW, USUAL) == Decision(door(1, "L"), "next_size_up")


def test_a_smaller_order_moves_down_to_make_room() -> None:
    boxes = [full(1, "L", "S"), free(2, "S"), full(3, "L", "L")]

    decision = decide(boxes, new("L"), NOW, USUAL)

    move = Move(Goods("in 1", "S"), door(1, "L"), door(2, "S"))
    assert decision == Decision(door(1, "L"), "moved_down", (move,))


def test_two_move_down_when_one_is_not_enough() -> None:
    boxes = [full(1, "L", "M"), full(2, "M", "S"), free(3, "S")]

    decision = decide(boxes, new("L"), NOW, USUAL)

    assert decision.door == door(1, "L")
    assert [(move.goods.pickup_id, move.to) for move in decision.moves] == [
        ("in 2", door(3, "S")),
        ("in 1", door(2, "M")),
    ]


def test_no_more_is_carried_than_the_bank_allows() -> None:
    boxes = [full(1, "L", "M"), full(2, "M", "S"), free(3, "S")]

    assert decide(boxes, new("L"), NOW, Knobs(moves=1)) == Decision(None, "nothing_free")
    assert decide(boxes, new("M"), NOW, OFF) == Decision(None, "nothing_free")


def test_whoever_is_promised_the_small_door_loses_it_to_what_moves_down() -> None:
    boxes = [full(1, "L", "S"), free(2, "S", holder="promised")]

    assert decide(boxes, new("L"), NOW, USUAL).robbed == ["promised"]


def test_nothing_is_carried_to_another_bank_whose_code_it_does_not_have() -> None:
    boxes = [full(1, "L", "S", bank="other"), free(2, "S")]

    assert decide(boxes, new("L"), NOW, USUAL).door is None


def test_the_stalest_goes_to_the_counter_when_nothing_can_move_down() -> None:
    boxes = [full(1, "M", "M", 30), full(2, "M", "M", 40), full(3, "S", "S", 99)]

    decision = decide(boxes, new("M"), NOW, USUAL)

    assert decision == Decision(door(2, "M"), "stalest_to_counter", (Move(Goods("in 2", "M"), door(2, "M"), None),))


def test_nobody_goes_before_the_guaranteed_hours_are_over() -> None:
    assert decide([full(1, "M", "M", 23.9)], new("M"), NOW, USUAL) == Decision(None, "nothing_free")
    assert decide([full(1, "M", "M", 24)], new("M"), NOW, USUAL).reason == "stalest_to_counter"
    assert decide([full(1, "M", "M", 700)], new("M"), NOW, OFF) == Decision(None, "nothing_free")


def test_a_stale_order_in_a_small_door_makes_room_for_a_smaller_one_in_a_large_door() -> None:
    boxes = [full(1, "L", "S", 2), full(2, "S", "S", 50)]

    decision = decide(boxes, new("L"), NOW, USUAL)

    assert decision.door == door(1, "L")
    assert decision.moves == (
        Move(Goods("in 2", "S"), door(2, "S"), None),
        Move(Goods("in 1", "S"), door(1, "L"), door(2, "S")),
    )


def test_a_pinned_order_stays_where_it_is() -> None:
    boxes = [full(1, "L", "S", 90, pinned=True), free(2, "S")]

    assert decide(boxes, new("L"), NOW, USUAL) == Decision(None, "nothing_free")


def test_what_fits_no_door_of_the_bank_is_told_apart_from_a_full_bank() -> None:
    assert decide([free(1, "S")], new(None), NOW, USUAL).reason == "too_big"
    assert decide([free(1, "S")], new("M"), NOW, USUAL).reason == "no_such_door"


@pytest.mark.parametrize(
    ("goods", "number"),
    [(new("S"), 1), (new("S", "chilled"), 2), (new("S", "frozen"), 3), (new("S", "accessible"), 4)],
    ids=["nothing special", "chilled", "frozen", "within reach"],
)
def test_cold_doors_are_for_cold_goods_and_low_doors_for_those_who_need_them(goods: Goods, number: int) -> None:
    boxes = [free(4, "M", accessible=True), free(3, "S", cold="frozen"), free(2, "S", cold="chilled"), free(1, "M")]

    decision = decide(boxes, goods, NOW, USUAL)

    assert decision.door is not None and decision.door.number == number


def test_a_door_that_becomes_free_goes_to_the_newest_it_fits() -> None:
    waiting = [at_counter("older", "S", 5), at_counter("newest", "M", 1), at_counter("newer", "S", 2)]

    found = refill([free(1, "S"), full(2, "M", "M")], waiting, NOW, USUAL)

    assert found == (waiting[2], Decision(door(1, "S"), "newest_first"))


def test_who_waited_longer_than_the_bank_allows_stays_at_the_counter() -> None:
    assert refill([free(1, "S")], [at_counter("a", "S", 24)], NOW, USUAL) is None
    assert refill([free(1, "S")], [at_counter("a", "S", 1)], NOW, OFF) is None


def test_a_free_door_brings_in_a_larger_order_when_a_smaller_one_moves_down() -> None:
    found = refill([free(1, "S"), full(2, "L", "S")], [at_counter("a", "L", 1)], NOW, USUAL)

    assert found is not None and found[1].door == door(2, "L") and found[1].reason == "moved_down"


def test_nobody_loses_a_door_to_what_is_at_the_counter() -> None:
    assert refill([free(1, "S", holder="p"), full(2, "S", "S", 99)], [at_counter("a", "S", 1)], NOW, USUAL) is None


def test_who_had_to_go_comes_back_only_where_that_is_wanted_and_doors_are_to_spare() -> None:
    back, four = at_counter("back", "S", 30, loads=1), [free(number, "S") for number in range(4)]

    assert refill(four, [back], NOW, USUAL) is None
    assert refill(four[:3], [back], NOW, Knobs(reloads=1)) is None
    assert refill(four, [back], NOW, Knobs(reloads=1)) is not None
    assert refill(four, [at_counter("again", "S", 30, loads=2)], NOW, Knobs(reloads=1)) is None


def test_an_order_in_parcels_gets_all_its_doors_or_none() -> None:
    boxes = [free(1, "M"), free(2, "L"), full(3, "L", "S")]
    parcels = [new("M"), new("L")]

    assert [decision.door for decision in decide_parcels(boxes, parcels)] == [door(2, "L"), door(1, "M")]
    assert decide_parcels(boxes, [*parcels, new("S")]) == []


def test_a_knob_out_of_bounds_is_refused_and_each_has_words_for_the_page() -> None:
    with pytest.raises(ValueError, match="moves lies between 0 and 2"):
        Knobs(moves=3)
    assert [knob.name for knob in explained()] == ["guaranteed_hours", "waitlist_hours", "moves", "reloads"]
    assert all(knob.least <= knob.usual <= knob.most and knob.words.endswith(".") for knob in explained())


BANKS = st.lists(
    st.tuples(st.sampled_from(SIZES), st.none() | st.tuples(st.integers(0, 3), st.integers(0, 60), st.booleans())),
    min_size=1,
    max_size=9,
)


@given(BANKS, st.sampled_from(SIZES), st.integers(0, 48), st.integers(0, 2))
@settings(max_examples=400, deadline=None)
def test_every_decision_can_be_carried_out_and_keeps_the_promises(
    written: list[tuple[str, tuple[int, int, bool] | None]], size: str, guaranteed: int, moves: int
) -> None:
    boxes = [
        full(number, of, SIZES[min(inside[0], SIZES.index(of))], inside[1], pinned=inside[2])
        if inside
        else free(number, of)
        for number, (of, inside) in enumerate(written)
    ]
    decision = decide(boxes, new(size), NOW, Knobs(guaranteed_hours=guaranteed, moves=moves))

    state = {box.door: box for box in boxes}
    for move in decision.moves:
        stay = state[move.start].stay
        assert stay is not None and stay.goods == move.goods and not stay.pinned
        state[move.start] = Box(move.start)
        if move.to is None:
            assert guaranteed and NOW - stay.since >= dt.timedelta(hours=guaranteed)
        else:
            assert state[move.to].stay is None and takes(state[move.to], move.goods)
            state[move.to] = Box(move.to, stay)
    if decision.door is not None:
        assert state[decision.door].stay is None and takes(state[decision.door], new(size))
    assert sum(move.to is not None for move in decision.moves) <= moves
    assert sum(move.to is None for move in decision.moves) <= 1


def per_bank(**knobs: Knobs) -> KnobsOf:
    return lambda bank_id: knobs[bank_id]


def test_each_bank_says_itself_what_is_carried_there() -> None:
    still, busy = Knobs(moves=0, guaranteed_hours=0), Knobs(moves=1, guaranteed_hours=48)
    boxes = [full(1, "L", "S", 90, bank="still"), full(2, "L", "S", 30, bank="busy")]
    spare = [
        Box(door(3, "S", bank="still")),
        Box(door(4, "S", bank="busy")),
    ]
    decision = decide([*boxes, *spare], new("L"), NOW, per_bank(still=still, busy=busy))
    assert [(move.start.number, move.to and move.to.number) for move in decision.moves] == [(2, 4)]

    assert decide(boxes, new("L"), NOW, per_bank(still=still, busy=busy)) == Decision(None, "nothing_free")
    patient = per_bank(still=still, busy=Knobs(guaranteed_hours=24))
    assert [move.start.number for move in decide(boxes, new("L"), NOW, patient).moves] == [2]


def test_two_moves_only_where_the_bank_allows_two() -> None:
    chain = [
        *(full(1, "L", "M", bank="one"), full(2, "M", "S", bank="one"), Box(door(3, "S", bank="one"))),
        *(full(4, "L", "M", bank="two"), full(5, "M", "S", bank="two"), Box(door(6, "S", bank="two"))),
    ]
    decision = decide(chain, new("L"), NOW, per_bank(one=Knobs(moves=1), two=Knobs(moves=2)))
    assert [move.start.number for move in decision.moves] == [5, 4]


def test_who_may_come_in_is_each_banks_own_affair() -> None:
    boxes = [Box(door(1, "M", bank="closed")), Box(door(2, "L", bank="open"))]
    knobs = per_bank(closed=Knobs(waitlist_hours=0), open=Knobs(waitlist_hours=2))
    found = refill(boxes, [at_counter("a", "M", 1)], NOW, knobs)
    assert found is not None and found[1].door == door(2, "L", bank="open")
    assert refill(boxes, [at_counter("a", "M", 3)], NOW, knobs) is None


def test_goods_go_only_where_their_code_opens_doors() -> None:
    boxes = [Box(door(1, "M", bank="other")), Box(door(2, "L", bank="mine"))]
    coded = Goods("a", "M", bank_id="mine")
    assert decide(boxes, coded, NOW, USUAL).door == door(2, "L", bank="mine")
    found = refill(boxes, [Waiting(coded, NOW)], NOW, USUAL)
    assert found is not None and found[1].door == door(2, "L", bank="mine")
