from __future__ import annotations

import itertools

import pytest

from bopis.pickups.lifecycle import OVER, STATES, TRANSITIONS, IllegalMove, check_move


@pytest.mark.parametrize(("current", "to"), list(itertools.product(STATES, STATES)))
def test_a_move_is_legal_exactly_when_the_table_lists_it(current: str, to: str) -> None:
    if to in TRANSITIONS[current]:
        check_move(current, to)
    else:
        with pytest.raises(IllegalMove):
            check_move(current, to)


def test_every_state_can_be_left_for_one_where_the_goods_are_accounted_for() -> None:
    for state in STATES:
        reached, edge = {state}, {state}
        while edge:
            edge = set().union(*(TRANSITIONS[at] for at in edge)) - reached
            reached |= edge
        assert reached & OVER, f"{state} is a dead end"
