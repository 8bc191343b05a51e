from __future__ import annotations

from bopis.lockers.allocation import Choice, Door, choose


def door(number: int, size: str, holder: str | None = None, *, accessible: bool = False) -> Door:
    return Door(f"c{number}", number, size, accessible, holder)


def test_the_smallest_door_that_fits_is_chosen() -> None:
    assert choose([door(1, "L"), door(2, "M"), door(3, "S")], "M") == Choice(door(2, "M"), "smallest_fitting")


def test_a_larger_door_is_taken_when_the_fitting_ones_are_full() -> None:
    assert choose([door(1, "XL")], "S") == Choice(door(1, "XL"), "next_size_up")


def test_what_fits_no_door_goes_to_the_counter_even_when_all_are_free() -> None:
    assert choose([door(1, "XL")], None) == Choice(None, "too_big")


def test_nothing_free_is_said_apart_from_too_big() -> None:
    assert choose([door(1, "S")], "M") == Choice(None, "nothing_free")


def test_a_free_door_is_preferred_to_one_that_is_only_promised() -> None:
    assert choose([door(1, "S", "p1"), door(2, "S")], "S").door == door(2, "S")


def test_goods_in_hand_take_a_promised_door_of_their_size_before_a_larger_free_one() -> None:
    choice = choose([door(1, "S", "p1"), door(2, "M")], "S")
    assert (choice.door, choice.reason, choice.robbed) == (door(1, "S", "p1"), "in_hand_goes_first", "p1")


def test_accessible_doors_are_kept_for_those_who_need_them() -> None:
    assert choose([door(1, "S", accessible=True), door(2, "S")], "S").door == door(2, "S")


def test_doors_already_tried_are_left_out() -> None:
    assert choose([door(1, "S"), door(2, "S")], "S", not_in={"c1"}).door == door(2, "S")
