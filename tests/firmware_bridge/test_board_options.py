"""What a bank may set about its boards, and the sentence for whoever sets it wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from firmware_bridge.boards import BOARDS, BadOptions
from firmware_bridge.layout import BadLayout, read_layout
from tests.firmware_bridge.world import LAYOUT


@pytest.mark.parametrize(
    ("board", "options", "sentence"),
    [
        ("kerong-cu16", {"pulse_ms": 500}, "kerong-cu16 has no option 'pulse_ms'; it has none."),
        ("hj-8a80", {"feedbak": "x"}, "hj-8a80 has no option 'feedbak'; its options are ask, feedback, query."),
        (
            "hj-8a80",
            {"feedback": "yes"},
            "feedback of hj-8a80 must be one of short-when-locked, short-when-unlocked, not 'yes'.",
        ),
        (
            "modbus-rtu-relay",
            {"pulse_ms": 65280},
            "pulse_ms of modbus-rtu-relay must be a whole number from 100 to 3000 in steps of 100, not 65280.",
        ),
        (
            "modbus-rtu-relay",
            {"pulse_ms": 550},
            "pulse_ms of modbus-rtu-relay must be a whole number from 100 to 3000 in steps of 100, not 550.",
        ),
        (
            "modbus-tcp-relay",
            {"inputs_inverted": 1},
            "inputs_inverted of modbus-tcp-relay must be true or false, not 1.",
        ),
        ("winnsen", {"rest_ms": True}, "rest_ms of winnsen must be a whole number from 0 to 30000, not True."),
        ("winnsen", ["rest_ms"], "The options of winnsen must be names with values."),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_sentence(board: str, options: Any, sentence: str) -> None:
    with pytest.raises(BadOptions) as problem:
        BOARDS[board](options)
    assert str(problem.value) == sentence


def test_options_come_with_the_layout_to_the_driver() -> None:
    doors = [{**LAYOUT["doors"][0], "board": 1}]
    body = {**LAYOUT, "board": "hj-8a80", "doors": doors, "board_options": {"feedback": "short-when-unlocked"}}
    assert read_layout(body).board.options["feedback"] == "short-when-unlocked"
    with pytest.raises(BadLayout, match=r"feedback of hj-8a80 must be one of"):
        read_layout({**body, "board_options": {"feedback": 7}})


def test_a_board_with_other_options_is_another_board() -> None:
    relay = BOARDS["modbus-rtu-relay"]
    assert relay() == relay({"pulse_ms": 500})
    assert relay() != relay({"pulse_ms": 700})
    assert relay({"pulse_ms": 700}).pulse_seconds == 0.7


def test_a_relay_that_opens_by_letting_go_is_never_let_go_at_the_start() -> None:
    relay = BOARDS["modbus-rtu-relay"]
    assert relay().at_connect(1, 0) == bytes.fromhex("01 05 00 FF 00 00 FD FA")
    assert relay({"coil_sense": "off-opens"}).at_connect(1, 0) is None
    assert BOARDS["modbus-rtu-lock"]().at_connect(1, 0) is None
