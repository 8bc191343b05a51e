"""Ten doors an hour open without staff at the bank, and nothing that anybody sets or the service says makes it more."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import to_iso
from firmware_bridge.config import BadConfig, Config, read_config
from firmware_bridge.layout import BadLayout, read_layout
from firmware_bridge.protocol.wire import REMOTE_OPENS_AN_HOUR
from firmware_bridge.sync import Sync
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.process import ROOT
from tests.firmware_bridge.test_sync import Answers
from tests.firmware_bridge.world import DOORS, LAYOUT

MORE = (10**6, -1, True, "unlimited", None)


def names() -> set[str]:
    """Every word by which the bridge could look a setting up: all short texts and all names of constants it holds."""
    found = set()
    for path in (ROOT / "firmware_bridge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.Name):
                found.add(node.id.lower().strip("_"))
    return {name for name in found if re.fullmatch(r"[a-z][a-z0-9_-]{1,40}", name)}


NAMES = names()


def opened(bench: Bench, many: int = 13, **more: Any) -> int:
    """Ask for so many doors with nobody of the staff there; how many coils pulled."""
    before = len(bench.pulses)
    for number in range(1, many + 1):
        told = {"door": number, "cause": "load", "placement": None, "session": None}
        now = bench.journal.clock.now()
        bench.command("open", id=f"open-{number}-{bench.told}", **{**more, **told, "expires_at": to_iso(now + 30)})
        bench.pass_time(0.3)
        bench.open.clear()
        bench.pass_time(0.7)
    bench.told += 1
    return len(bench.pulses) - before


@pytest.fixture(autouse=True)
def _told(bench: Bench) -> None:
    bench.told = 0


def hears(bench: Bench, words: dict[str, Any] | None = None, **answer: Any) -> None:
    """A sync brings this; `words` are what no answer has."""
    answers = Answers(bench, **answer)
    answers.answer |= words or {}
    Sync(bench.journal, bench.bank, bench.grants, bench.commands, bench.bank.configure).exchange(answers, 0)


def test_the_words_tried_here_hold_the_ones_that_are_read() -> None:
    assert REMOTE_OPENS_AN_HOUR == 10
    assert {"remote_opens_an_hour", "hold_hours", "staff_offline_hours", "remote_limit", "sensor"} <= NAMES


@pytest.mark.parametrize("value", MORE)
def test_no_setting_of_a_sync_raises_it(bench: Bench, value: Any) -> None:
    hears(bench, settings={"hash": "h", **dict.fromkeys(NAMES - {"hash"}, value)})
    assert bench.journal.read("settings")
    assert opened(bench) == REMOTE_OPENS_AN_HOUR


@pytest.mark.parametrize("value", MORE)
def test_no_other_word_of_an_answer_raises_it(bench: Bench, value: Any) -> None:
    known = {*Answers(bench).answer, "layout", "staff", "work", "settings", "lease_until", "key"}
    hears(bench, dict.fromkeys(NAMES - known, value))
    assert opened(bench) == REMOTE_OPENS_AN_HOUR


@pytest.mark.parametrize("value", [*MORE, 1, 0.5, "door", "hook"])
def test_no_board_option_raises_it(bench: Bench, value: Any) -> None:
    taken = {name: value for name in NAMES if _is_taken({**LAYOUT, "board_options": {name: value}})}
    assert "remote_opens_an_hour" not in taken, "an option there is no such thing as"
    hears(bench, layout={**LAYOUT, "hash": "layout-2", "board_options": taken, "doors": DOORS})
    bench.look()
    assert bench.bank.layout.hash == "layout-2"
    assert opened(bench) <= REMOTE_OPENS_AN_HOUR


@pytest.mark.parametrize("value", MORE)
def test_no_other_word_of_a_layout_raises_it(bench: Bench, value: Any) -> None:
    more = dict.fromkeys(NAMES - {*LAYOUT, "board_options"}, value)
    doors = [{**dict.fromkeys(NAMES - {*door}, value), **door} for door in DOORS]
    hears(bench, layout={**more, **LAYOUT, "hash": "layout-2", "doors": doors})
    bench.look()
    assert bench.bank.layout.hash == "layout-2"
    assert opened(bench) == REMOTE_OPENS_AN_HOUR


@pytest.mark.parametrize("value", MORE)
def test_no_word_of_a_command_raises_it(bench: Bench, value: Any) -> None:
    more = dict.fromkeys(NAMES - {"id", "kind", "issued_at", "actor", "seconds", "self"}, value)
    assert opened(bench, **more) == REMOTE_OPENS_AN_HOUR


def test_bridge_toml_knows_no_such_setting(tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    good = 'data_dir = "data"\ncloud_url = "https://bridges.example.com"\nport = "/dev/ttyUSB0"\n'
    for name in NAMES - set(Config.__dataclass_fields__):
        path.write_text(f"{good}{name} = 1000000\n")
        with pytest.raises(BadConfig, match=name):
            read_config(path)
    assert not any(word in name for name in Config.__dataclass_fields__ for word in ("remote", "open", "limit", "hour"))


def test_the_time_the_service_tells_does_not_raise_it(bench: Bench) -> None:
    found = 0
    for hours in range(1, 30):
        hears(bench, cursor=f"c-{hours}", time=to_iso(bench.now + 2 * hours * 3600))
        found += opened(bench, many=1)
    assert found == REMOTE_OPENS_AN_HOUR
    hears(bench, cursor="later", time=to_iso(bench.now + 400 * 24 * 3600))
    assert opened(bench) == 0, "eight days on, commands are forgotten, and openings are not"


def test_neither_a_restart_of_the_bridge_nor_one_of_the_machine_raises_it(bench: Bench) -> None:
    assert opened(bench) == REMOTE_OPENS_AN_HOUR
    bench.restart(told=True)
    assert opened(bench) == 0
    bench.elapsed = 5.0  # the machine's counter begins anew
    bench.restart(told=True)
    assert opened(bench) == 0
    bench.elapsed = 3500.0
    assert opened(bench, many=3) == 0
    bench.elapsed = 3700.0
    bench.look()
    assert opened(bench) == REMOTE_OPENS_AN_HOUR


def test_the_time_the_service_tells_gives_it_no_more_guesses_at_the_code_on_the_screen(bench: Bench) -> None:
    answers = []
    for number in range(8):
        hears(bench, cursor=f"c-{number}", time=to_iso(bench.now + number * 3600))
        now = bench.journal.clock.now()
        bench.command("take_presence", id=f"g-{number}", code="000000", staff="s", expires_at=to_iso(now + 30))
        bench.tick()
        answers.append(bench.result(f"g-{number}")["code"])
    assert answers == ["wrong_presence_code"] * 5 + ["presence_paused"] * 3


def _is_taken(body: dict[str, Any]) -> bool:
    try:
        read_layout(body)
    except BadLayout:
        return False
    return True
