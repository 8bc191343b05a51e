"""Every board's driver against its golden frames: the suite a new driver passes before it meets a line."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.boards import BOARDS, Ask
from tests.firmware_bridge.board_vectors import VECTORS, Row, first, rows


def test_every_board_in_the_registry_has_golden_frames() -> None:
    assert set(VECTORS) == set(BOARDS)
    assert all({"ask", "open", "answers", "not_answers"} <= set(vectors) for vectors in VECTORS.values())


@pytest.mark.parametrize("row", rows("ask"))
def test_a_question_is_written_as_the_maker_says(row: Row) -> None:
    assert row.driver.ask_frame(row.ask, row.turn) == row.frame


@pytest.mark.parametrize("row", rows("open"))
def test_an_open_is_written_as_the_maker_says(row: Row) -> None:
    assert row.driver.open_frame(row.row["board"], row.row["channel"], row.turn) == row.frame


@pytest.mark.parametrize("row", rows("at_connect"))
def test_what_makes_a_board_safe_is_written_as_the_maker_says(row: Row) -> None:
    assert row.driver.at_connect(row.row["board"], row.turn) == row.frame


@pytest.mark.parametrize("row", rows("answers"))
def test_an_answer_is_read_however_it_is_cut_up(row: Row) -> None:
    assert row.frame is not None
    for cut in range(len(row.frame)):
        scanner = row.driver.answers(row.ask, row.turn)
        early = scanner.feed(row.frame[:cut])
        (status,) = scanner.feed(row.frame[cut:])
        assert early == []
        assert [channel for channel, shut in sorted(status.shut.items()) if not shut] == row.row["open"]
        assert [channel for channel, item in sorted(status.items.items()) if item] == row.row.get("items", [])
        assert status.board == row.row["board"]


@pytest.mark.parametrize("row", rows("not_answers"))
def test_what_is_not_an_answer_is_passed_over_and_the_next_one_found(row: Row) -> None:
    good = first(row.name, "answers")
    alone = row.driver.answers(row.ask, row.turn)
    assert alone.feed(row.frame) == []
    scanner = good.driver.answers(good.ask, good.turn)
    scanner.feed(row.frame)
    # A frame cut short swallows the start of what follows; the answer after that is found.
    assert [*scanner.feed(good.frame), *scanner.feed(good.frame)]


@pytest.mark.parametrize("row", rows("open_answers"))
def test_the_answer_to_an_open_says_whether_it_was_accepted(row: Row) -> None:
    scanner = row.driver.open_answers(row.row["board"], row.row["channel"], row.turn)
    answers = scanner.feed(row.frame)
    assert [answer.reason or "accepted" for answer in answers] == ([row.row["says"]] if row.row["says"] else [])
    assert [answer.accepted for answer in answers] == ([row.row["says"] == "accepted"] if row.row["says"] else [])


@pytest.mark.parametrize("row", rows("pushes"))
def test_what_a_board_says_by_itself_names_the_board_and_nothing_more(row: Row) -> None:
    named = row.driver.pushes().feed(row.frame)
    assert named == ([] if row.row["board"] is None else [row.row["board"]])


@pytest.mark.parametrize("name", BOARDS)
def test_a_lock_no_board_can_have_is_refused(name: str) -> None:
    board = BOARDS[name]()
    here = board.boards.start
    for address, channel in ((here, board.channels), (here, -1), (board.boards.stop, 0), (here - 1, 0)):
        with pytest.raises(ValueError, match="no lock"):
            board.open_frame(address, channel, 0)


@pytest.mark.parametrize("name", BOARDS)
def test_the_questions_cover_the_wired_doors_once_each_and_no_other(name: str) -> None:
    board = BOARDS[name]()
    wired = (0, 2, 5)
    asks = board.asks(board.boards.start, wired)
    assert sorted(itertools.chain.from_iterable(ask.channels for ask in asks)) == list(wired)
    assert {ask.board for ask in asks} == {board.boards.start}


def settings_of(name: str) -> list[dict[str, object]]:
    """The driver with nothing set, and with each word of each option."""
    takes = BOARDS[name].takes
    words = [(option, word) for option, rule in takes.items() for word in getattr(rule, "values", (rule.default,))]
    switches = [(option, not rule.default) for option, rule in takes.items() if isinstance(rule.default, bool)]
    return [{}, *({option: word} for option, word in words + switches)]


@pytest.mark.parametrize("name", BOARDS)
def test_no_question_and_no_start_up_frame_can_be_taken_for_an_open(name: str) -> None:
    for options in settings_of(name):
        board = BOARDS[name](options)
        for address in (board.boards.start, board.boards.stop - 1):
            wired = tuple(range(board.channels))
            harmless = [board.ask_frame(ask, 3) for ask in board.asks(address, wired)] + [board.at_connect(address, 3)]
            firing = {board.open_frame(address, channel, 3) for channel in wired}
            assert len(firing) == board.channels
            assert not [frame for frame in harmless if frame and any(open_ in frame for open_ in firing)]


@pytest.mark.parametrize("name", BOARDS)
def test_our_own_words_come_back_are_never_an_answer(name: str) -> None:
    for options in settings_of(name):
        board = BOARDS[name](options)
        here = board.boards.start
        for ask in board.asks(here, tuple(range(min(8, board.channels)))):
            echoes = board.ask_frame(ask, 3) + board.open_frame(here, ask.channels[0], 3)
            assert board.answers(ask, 3).feed(echoes) == []
        if (pushes := board.pushes()) is not None:
            assert pushes.feed(echoes) == []


@pytest.mark.parametrize("name", BOARDS)
@given(noise=st.binary(max_size=400), cuts=st.lists(st.integers(1, 40), max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_noise_breaks_a_scanner_or_fills_the_memory(name: str, noise: bytes, cuts: list[int]) -> None:
    board = BOARDS[name]()
    here = board.boards.start
    for scanner in (board.answers(Ask(here, (0,)), 1), board.open_answers(here, 0, 1), board.pushes()):
        rest = noise
        for cut in cuts if scanner else ():
            scanner.feed(rest[:cut])
            rest = rest[cut:]
        if scanner:
            scanner.feed(rest)
            assert len(getattr(scanner, "_held", b"")) <= 4096


@pytest.mark.parametrize("name", BOARDS)
@given(noise=st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_an_answer_behind_noise_is_found_at_the_second_time_of_asking(name: str, noise: bytes) -> None:
    row = first(name, "answers")
    scanner = row.driver.answers(row.ask, row.turn)
    assert scanner.feed(noise + row.frame * 3)
