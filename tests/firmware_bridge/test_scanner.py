"""The scanner's own line, over a real pty: hostile texts, broken ones, and a plug that is pulled."""

from __future__ import annotations

import os
import pty
import random
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import scanner as scanning
from firmware_bridge.scanner import LONGEST_TEXT, Scanner, Texts
from tests.firmware_bridge.world import until

QR = "LKR1:ABCDEFGHIJKLMNOPQRSTUVWX23"


class Plug:
    """A scanner on a USB-serial line: `path` is a link that the system sets, as under /dev/serial/by-id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.put_in()

    def put_in(self) -> None:
        self.controller, device = pty.openpty()
        tty.setraw(self.controller)
        tty.setraw(device)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(device))
        os.close(device)

    def pull(self) -> None:
        self.path.unlink()
        os.close(self.controller)

    def send(self, data: bytes) -> None:
        os.write(self.controller, data)


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
    os.close(plug.controller)


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
