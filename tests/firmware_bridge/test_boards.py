"""Every board's driver against its golden frames, and against lines full of rubbish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.boards import BOARDS

FILES = [json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))]
VECTORS = {vectors["board"]: vectors for vectors in FILES}


def rows(kind: str) -> list[Any]:
    return [
        pytest.param(name, row, id=f"{name} {row.get('what', row['frame'])}")
        for name, vectors in VECTORS.items()
        for row in vectors[kind]
    ]


def test_every_board_in_the_registry_has_golden_frames() -> None:
    assert set(VECTORS) == set(BOARDS)


@pytest.mark.parametrize(("name", "row"), rows("ask_status"))
def test_a_status_question_is_written_as_the_maker_says(name: str, row: dict[str, Any]) -> None:
    assert BOARDS[name].ask_status(row["board"]) == bytes.fromhex(row["frame"])


@pytest.mark.parametrize(("name", "row"), rows("open"))
def test_an_open_is_written_as_the_maker_says(name: str, row: dict[str, Any]) -> None:
    assert BOARDS[name].open(row["board"], row["channel"]) == bytes.fromhex(row["frame"])


@pytest.mark.parametrize(("name", "row"), rows("answers"))
def test_an_answer_is_read_however_it_is_cut_up(name: str, row: dict[str, Any]) -> None:
    frame = bytes.fromhex(row["frame"])
    for cut in range(len(frame)):
        parser = BOARDS[name].parser(row["board"])
        early = parser.feed(frame[:cut])
        status = parser.feed(frame[cut:])
        assert early is None
        assert status is not None
        assert [channel for channel, shut in enumerate(status.shut) if not shut] == row["open"]
        assert [channel for channel, item in enumerate(status.items or ()) if item] == row["items"]


@pytest.mark.parametrize(("name", "row"), rows("not_answers"))
def test_what_is_not_an_answer_is_passed_over_and_the_next_one_found(name: str, row: dict[str, Any]) -> None:
    good = next(each for each in VECTORS[name]["answers"] if each["board"] == row["board"])
    parser = BOARDS[name].parser(row["board"])
    assert parser.feed(bytes.fromhex(row["frame"])) is None
    # A frame cut short swallows the start of what follows; the answer after that is found.
    found = [parser.feed(bytes.fromhex(good["frame"])), parser.feed(bytes.fromhex(good["frame"]))]
    assert any(found)


@pytest.mark.parametrize("name", BOARDS)
def test_a_lock_no_board_can_have_is_refused(name: str) -> None:
    board = BOARDS[name]
    for address, channel in ((0, board.channels), (0, -1), (board.boards.stop, 0), (-1, 0)):
        with pytest.raises(ValueError, match="no lock"):
            board.open(address, channel)


@given(noise=st.binary(max_size=400), cuts=st.lists(st.integers(1, 40), max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_noise_breaks_the_parser_or_fills_the_memory(noise: bytes, cuts: list[int]) -> None:
    for driver in BOARDS.values():
        parser = driver.parser(0)
        rest = noise
        for cut in cuts:
            parser.feed(rest[:cut])
            rest = rest[cut:]
        parser.feed(rest)
        assert len(parser._held) < 64


@given(noise=st.binary(max_size=40).filter(lambda noise: 0x02 not in noise))
@settings(max_examples=200, deadline=None)
def test_an_answer_behind_noise_is_found(noise: bytes) -> None:
    for name, driver in BOARDS.items():
        row = VECTORS[name]["answers"][0]
        assert driver.parser(row["board"]).feed(noise + bytes.fromhex(row["frame"])) is not None
