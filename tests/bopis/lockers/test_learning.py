"""Taps at the door make the guesses better, and none makes them worse for good."""

from __future__ import annotations

import math
import random

import pytest

from bopis.lockers.learning import COULD_BE_SMALLER, FITS, TOO_SMALL, Lesson, Shift, confirmed, learn, lesson, shifted


def after(answers: list[str]) -> Shift:
    shift = Shift()
    for answer in answers:
        shift = learn(shift, answer)
    return shift


def test_without_a_tap_the_guess_stays() -> None:
    assert [shifted(size, Shift()) for size in ("S", "M", "L", "XL")] == ["S", "M", "L", "XL"]


def test_a_category_that_keeps_being_too_small_is_guessed_larger() -> None:
    assert shifted("S", after([TOO_SMALL] * 3)) == "M"


def test_a_category_with_room_to_spare_is_guessed_smaller_but_more_slowly() -> None:
    assert shifted("M", after([COULD_BE_SMALLER] * 3)) == "M"
    assert shifted("M", after([COULD_BE_SMALLER] * 12)) == "S"


def test_later_taps_move_less_than_early_ones() -> None:
    late = Shift(0.0, 5_000)

    assert 0 < learn(late, TOO_SMALL).by < learn(Shift(), TOO_SMALL).by / 5


@pytest.mark.parametrize("answer", [TOO_SMALL, COULD_BE_SMALLER])
def test_no_number_of_taps_carries_a_shift_away(answer: str) -> None:
    assert abs(after([answer] * 5_000).by) <= math.log(64)


def test_a_word_that_is_no_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="fits"):
        learn(Shift(), "perhaps")


def test_the_share_that_does_not_fit_settles_near_what_is_allowed() -> None:
    # Things a third larger than thought and of varying size: the room that is guessed becomes their 95th percentile.
    chance, shift, misfits, counted = random.Random(2), Shift(), 0, 0
    for number in range(20_000):
        bulk = chance.gauss(0.3, 0.5)
        answer = TOO_SMALL if bulk > shift.by else FITS
        shift = learn(shift, answer)
        if number >= 2_000:
            counted, misfits = counted + 1, misfits + (answer == TOO_SMALL)

    assert misfits / counted == pytest.approx(0.05, abs=0.01)
    assert shift.by == pytest.approx(0.3 + 1.645 * 0.5, abs=0.25)


@pytest.mark.parametrize(
    ("tried", "answer", "kept"),
    [
        ("M", FITS, "M"),
        ("M", TOO_SMALL, "L"),
        ("M", COULD_BE_SMALLER, "S"),
        ("S", COULD_BE_SMALLER, "S"),
        ("XL", TOO_SMALL, "XL"),
    ],
)
def test_what_was_seen_of_a_sku_is_its_size_from_now_on(tried: str, answer: str, kept: str) -> None:
    assert confirmed(tried, answer) == kept


@pytest.mark.parametrize(
    ("guessed", "needed", "tried", "answer", "tapped", "found"),
    [
        ("S", "S", "S", FITS, True, Lesson("S", True)),
        ("S", "S", "S", FITS, False, Lesson("", True)),
        ("S", "S", "M", FITS, True, Lesson()),
        ("S", "S", "M", COULD_BE_SMALLER, True, Lesson()),
        ("M", "M", "M", COULD_BE_SMALLER, True, Lesson("S", True)),
        ("S", "S", "M", TOO_SMALL, True, Lesson("L", True)),
        ("S", "M", "M", FITS, True, Lesson("M", False)),
    ],
    ids=[
        "it fits",
        "nobody tapped",
        "the smaller doors were full",
        "they were full, and a smaller one would have done",
        "a smaller one would do",
        "even the larger one was too small",
        "the next door after one that was too small",
    ],
)
def test_a_loading_tells_what_it_can(
    guessed: str, needed: str, tried: str, answer: str, tapped: bool, found: Lesson
) -> None:
    assert lesson(guessed, needed, tried, answer, tapped=tapped) == found
