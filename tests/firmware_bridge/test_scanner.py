"""The scanner's own line, over a real pty: hostile texts, broken ones, and a plug that is pulled."""

from __future__ import annotations

import json
import os
import random
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import scanner as scanning
from firmware_bridge.agent import Agent
from firmware_bridge.config import read_config
from firmware_bridge.folder import opened_data
from firmware_bridge.scanner import LONGEST_TEXT, Scanner, Texts
from tests.firmware_bridge.plug import Plug
from tests.firmware_bridge.world import until

QR = "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"


class Ears:
    """Who hears the scanner."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []

    def __call__(self, text: str | None) -> None:
        self.texts.append(text)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(tmp_path / "scanner")
    yield plug
    plug.pull()


@pytest.fixture
def ears(plug: Plug, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    """A running scanner on that plug, and what it was heard to read."""
    monkeypatch.setattr(scanning, "REOPEN_SECONDS", (0.01, 0.05))
    ears = Ears()
    scanner = Scanner(str(plug.path), ears)
    thread = threading.Thread(target=scanner.run)
    thread.start()
    until(lambda: scanner.connected)
    ears.scanner = scanner
    yield ears
    scanner.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_a_text_and_its_suffix_are_heard_once(plug: Plug, ears: Ears) -> None:
    plug.send(QR.encode() + b"\r")
    until(lambda: ears.texts)
    assert ears.texts == [QR]


def test_a_text_in_pieces_is_heard_whole(plug: Plug, ears: Ears) -> None:
    for piece in (b"LKR1:ABCDEFGHIJ", b"KLMNOPQRSTUVWX", b"23\r"):
        plug.send(piece)
    until(lambda: ears.texts)
    assert ears.texts == [QR]


def test_a_plug_that_is_pulled_and_put_back_reads_again(plug: Plug, ears: Ears) -> None:
    plug.send(b"LKR1:ABCDE")
    plug.pull()
    until(lambda: not ears.scanner.connected)
    plug.put_in()
    until(lambda: ears.scanner.connected)
    plug.send(QR.encode() + b"\r")
    until(lambda: ears.texts)
    assert ears.texts == [QR]


def test_a_scanner_that_is_not_there_yet_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "REOPEN_SECONDS", (0.01, 0.05))
    ears = Ears()
    scanner = Scanner(str(tmp_path / "scanner"), ears)
    thread = threading.Thread(target=scanner.run)
    thread.start()
    plug = Plug(tmp_path / "scanner")
    until(lambda: scanner.connected)
    scanner.stop()
    thread.join(5)
    os.close(plug.controller)
    assert ears.texts == []


@pytest.mark.parametrize(
    "data",
    [
        b"LKR1:abcdefghijklmnopqrstuvwx23\r",
        b"\x1b[15~\r",
        b"LKR1:\x00ABC\r",
        b"LKR1:ABC DEF\r",
        b"\xff\xfe\xfd\r",
        "LKR1:☃\r".encode(),
        b"A" * (LONGEST_TEXT + 1) + b"\r",
        b"A" * 100_000 + b"\r",
    ],
)
def test_what_cannot_be_ours_is_heard_as_nothing_of_ours(data: bytes) -> None:
    assert Texts().feed(data, 1.0) == [None]


def test_the_longest_text_is_heard() -> None:
    assert Texts().feed(b"A" * LONGEST_TEXT + b"\r\n", 1.0) == ["A" * LONGEST_TEXT]


def test_half_a_text_is_not_glued_to_the_next() -> None:
    texts = Texts()
    assert texts.feed(b"LKR1:ABC", 1.0) == []
    assert texts.feed(QR.encode() + b"\r", 2.0) == [QR]


def test_what_runs_on_for_ever_takes_no_memory() -> None:
    texts = Texts()
    for n in range(1000):
        texts.feed(b"A" * 1000, n / 1000)
    assert len(texts._kept) <= LONGEST_TEXT
    assert texts.feed(b"\r", 1.0) == [None]


def test_noise_is_never_heard_as_more_than_the_allowed_signs() -> None:
    noise, texts = random.Random(7), Texts()
    allowed = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:.-")
    for n in range(2000):
        for text in texts.feed(noise.randbytes(noise.randrange(1, 60)), n / 10):
            assert text is None or (set(text) <= allowed and 0 < len(text) <= LONGEST_TEXT)


def test_a_configured_scanner_speaks_to_the_page(plug: Plug, tmp_path: Path) -> None:
    settings = {"data_dir": "data", "cloud_url": "http://127.0.0.1:9", "port": "none", "scanner": str(plug.path)}
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    (tmp_path / "bridge.toml").write_text("\n".join([*lines, "kiosk_port = 0"]))
    config = read_config(tmp_path / "bridge.toml")
    with opened_data(config) as journal:
        agent = Agent(config, journal)
        agent.start()
        try:
            until(lambda: agent._scanner.connected)
            plug.send(QR.encode() + b"\r")
            until(lambda: (agent.parts.scans.shown or {}).get("verdict"))
            with urllib.request.urlopen(f"{agent.kiosk_url}/api/state?since=0", timeout=10) as answer:
                assert json.load(answer)["scan"] == {"id": 1, "verdict": "closed", "retry_after": None}
        finally:
            agent.stop()
