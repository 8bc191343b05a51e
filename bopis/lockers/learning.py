"""What the associate's taps at the open door teach: how far a category lies from its guess, and what a SKU took.

A quantile tracker (Robbins and Monro, 1951): each tap moves its category's shift by a step that gets smaller with
experience, so that in the long run a share `ALLOWED_MISFITS` of the guesses is too small. Shifts are natural
logarithms of volume: +0.69 says twice as large as guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bopis.lockers.sizes import SIZES, USUAL_DOORS

FITS, TOO_SMALL, COULD_BE_SMALLER = ANSWERS = ("fits", "too_small", "could_be_smaller")
ALLOWED_MISFITS = 0.05
_FIRST_STEP = 0.25
_SETTLES_AFTER = 50
_MOST = math.log(64)
"""No category is so far from its guess; whatever was tapped, its shift stays within."""
_VOLUME = {kind.size: math.log(math.prod(kind.inner_mm)) for kind in USUAL_DOORS}


@dataclass(frozen=True)
class Shift:
    """How far a category lies from its guess (logarithm of volume), after so many taps."""

    by: float = 0.0
    taps: int = 0


def learn(shift: Shift, answer: str) -> Shift:
    """The category's shift after one more tap. Raises ValueError for a word that is none of ANSWERS."""
    step = _FIRST_STEP / math.sqrt(1 + shift.taps / _SETTLES_AFTER)
    moves = {FITS: -ALLOWED_MISFITS, TOO_SMALL: 1 - ALLOWED_MISFITS, COULD_BE_SMALLER: -0.25}
    if answer not in moves:
        raise ValueError(f"a tap says one of {', '.join(ANSWERS)}")
    return Shift(max(-_MOST, min(_MOST, shift.by + step * moves[answer])), shift.taps + 1)


def shifted(size: str, shift: Shift) -> str:
    """The size to guess instead of `size`: the nearest by volume, the larger of two as near."""
    wanted = _VOLUME[size] + shift.by
    return min(reversed(SIZES), key=lambda known: abs(_VOLUME[known] - wanted))


def confirmed(tried: str, answer: str) -> str:
    """The size to remember for the SKU that was tapped on: it beats every guess about its category.

    What is too small for the largest door keeps the largest: whether it goes into none is the merchant's word.
    """
    step = {FITS: 0, TOO_SMALL: 1, COULD_BE_SMALLER: -1}[answer]
    return SIZES[max(0, min(len(SIZES) - 1, SIZES.index(tried) + step))]


@dataclass(frozen=True)
class Lesson:
    """What a loading says: the size to remember for the SKU and its kind, or nothing; and whether it tells of the
    guess about its category."""

    size: str = ""
    of_category: bool = False


def lesson(guessed: str, needed: str, tried: str, answer: str, *, tapped: bool) -> Lesson:
    """What is learnt at a door of size `tried` by goods that were guessed to need `guessed`, and by now `needed`.

    A door larger than needed, since the smaller ones were full, tells nothing but that it was too small. Who loads
    without a tap says only that it went in: no reason to remember that size, which may be far too large.
    """
    if answer == TOO_SMALL:
        return Lesson(confirmed(tried, answer), of_category=SIZES.index(tried) >= SIZES.index(guessed))
    if tried != needed:
        return Lesson()
    return Lesson(confirmed(tried, answer) if tapped else "", of_category=tried == guessed)
