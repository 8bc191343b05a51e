"""Which question is asked when: fairly, often where a door is being opened, seldom where nobody answers."""

from __future__ import annotations

import pytest

from firmware_bridge.boards import BOARDS, Ask
from firmware_bridge.polls import BUSY_POLL_SECONDS, IDLE_POLL_SECONDS, SILENT_POLL_SECONDS, Polls

ALL = {0: (0, 1), 1: (0, 1)}


def polls(board: str = "kerong-cu16", wiring: dict[int, tuple[int, ...]] = ALL) -> Polls:
    made = Polls()
    made.configure(BOARDS[board](), wiring)
    return made


def lose(line: Polls, ask: Ask, now: float = 0.0) -> None:
    for _ in range(5):
        line.missed(ask, now)


def test_boards_take_turns() -> None:
    line = polls()
    first, _ = line.next(1.0, None)
    line.answered(first, 1.0, again=False)
    second, _ = line.next(1.0, None)
    line.answered(second, 1.1, again=False)
    assert [first.board, second.board] == [0, 1]
    assert line.next(1.1, None) == (None, pytest.approx(IDLE_POLL_SECONDS - 0.1))
    assert line.next(1.0 + IDLE_POLL_SECONDS, None)[0] == first


def test_a_reading_that_disagrees_and_a_door_being_opened_are_looked_at_again_at_once() -> None:
    line = polls()
    for ask in line.asks:
        line.answered(ask, 1.0, again=ask.board == 1)
    assert line.next(1.0 + BUSY_POLL_SECONDS, None)[0].board == 1
    line.answered(line.asks[1], 1.0, again=False)
    assert line.next(1.0, busy=(0, 1)) == (None, pytest.approx(BUSY_POLL_SECONDS))


def test_of_a_board_asked_lock_by_lock_only_the_lock_being_opened_is_asked_often() -> None:
    line = polls("winnsen", {1: (0, 1, 2)})
    for ask in line.asks:
        line.answered(ask, 1.0, again=False)
    line.next(1.0, busy=(1, 2))
    assert line.next(1.0 + BUSY_POLL_SECONDS, busy=(1, 2))[0] == Ask(1, (2,))


def test_one_missed_answer_silences_the_doors_asked_about_and_more_in_a_row_the_whole_board() -> None:
    line = polls("winnsen", {1: (0, 1, 2)})
    one, two, _ = line.asks
    assert line.missed(one, 1.0) == one
    assert line.missed(two, 1.0) == Ask(1, (0, 1, 2))
    line.answered(one, 1.0, again=False)
    assert line.missed(two, 1.0) == two


def test_a_lost_board_is_asked_one_question_now_and_then_and_all_of_them_when_it_is_back() -> None:
    line = polls("winnsen", {1: (0, 1, 2), 2: (0,)})
    lose(line, line.asks[0], now=1.0)
    line.answered(line.asks[3], 1.0, again=False)
    assert line.is_lost(1) and not line.all_lost
    asked, _ = line.next(1.0 + SILENT_POLL_SECONDS, None)
    assert asked.board == 2
    # Its answer is waited for up to 1.6 s, so it is asked every 6.4 s.
    assert line.next(1.0 + 6.3, None)[0].board == 2
    line.answered(line.asks[3], 99.0, again=False)
    probe, _ = line.next(1.0 + 6.5, None)
    assert probe.board == 1
    line.answered(probe, 8.0, again=False)
    assert {line.next(8.0, None)[0].board, line.is_lost(1)} == {1, False}


def test_lost_boards_are_left_alone_while_a_door_of_another_is_opened() -> None:
    line = polls()
    lose(line, line.asks[0])
    line.answered(line.asks[1], 100.0, again=False)
    assert line.next(100.0, None)[0].board == 0
    assert line.next(100.0, busy=(1, 0))[0] is None
    assert line.next(100.0 + BUSY_POLL_SECONDS, busy=(1, 0))[0].board == 1


def test_a_late_board_gets_up_to_twice_the_time() -> None:
    line = polls()
    times = []
    for _ in range(4):
        times.append(line.patience(0))
        line.missed(line.asks[0], 1.0)
    assert times == [1.0, 1.5, 2.0, 2.0]


def test_counters_and_due_times_survive_a_new_layout() -> None:
    line = polls()
    line.health[0].asked = 7
    line.answered(line.asks[0], 5.0, again=False)
    line.configure(BOARDS["kerong-cu16"](), {0: (0, 1), 2: (3,)})
    assert (line.health[0].asked, set(line.health)) == (7, {0, 2})
    assert line.next(5.0, None)[0].board == 2
