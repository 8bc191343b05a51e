"""The QR scanner on a USB-serial line of its own: what it reads never passes through a keyboard.

Whoever stands before the lockers decides what it reads, so everything is hostile: a text is 1 to 160 signs of
`0-9 A-Z : . - #`, ended by CR (LF is taken too); whatever holds another sign, runs on for longer or breaks off is
nothing of ours. The device may be pulled and put back at any time.
"""

from __future__ import annotations

import logging
import re
import termios
import threading
import time
from collections.abc import Callable

import serial

log = logging.getLogger(__name__)

LONGEST_TEXT = 160
GAP_SECONDS = 0.5
"""A scanner sends a text in one go: after such a silence the rest of it does not come."""
READ_SECONDS = 0.25
REOPEN_SECONDS = (0.5, 5.0)
LINE_ERRORS = (OSError, termios.error)
"""serial.SerialException is an OSError; a vanished USB adapter also shows as termios.error."""
_OURS = re.compile(rb"[0-9A-Z:.#\-]+")
_ENDS = re.compile(rb"[\r\n]")


class Texts:
    """Cuts what arrives into texts. Never holds more than one text's worth."""

    def __init__(self) -> None:
        self._kept = b""
        self._spoilt = False
        self._at = 0.0

    def feed(self, data: bytes, now: float) -> list[str | None]:
        """The texts that `data` completes, None for each that cannot be ours. `now` is monotonic seconds."""
        if now - self._at > GAP_SECONDS:
            self._kept, self._spoilt = b"", False
        self._at = now
        *ended, rest = _ENDS.split(data)
        found = [self._end(part) for part in ended if self._kept or self._spoilt or part]
        self._keep(rest)
        return found

    def _keep(self, part: bytes) -> None:
        self._spoilt |= len(self._kept) + len(part) > LONGEST_TEXT
        self._kept = b"" if self._spoilt else self._kept + part

    def _end(self, part: bytes) -> str | None:
        self._keep(part)
        text = None if self._spoilt or not _OURS.fullmatch(self._kept) else self._kept.decode("ascii")
        self._kept, self._spoilt = b"", False
        return text


class Scanner:
    """One scanner. `heard` is called on its thread with each text, or None for what cannot be ours; what is scanned
    before it returns is dropped."""

    def __init__(
        self, path: str, heard: Callable[[str | None], None], mono: Callable[[], float] = time.monotonic
    ) -> None:
        self.connected = False
        self._path = path
        self._heard = heard
        self._mono = mono
        self._stopped = threading.Event()

    def run(self) -> None:
        """Read until stopped; open the device again whenever it comes back."""
        pause, said = REOPEN_SECONDS[0], False
        while not self._stopped.is_set():
            try:
                with serial.Serial(self._path, timeout=READ_SECONDS, exclusive=True) as port:
                    log.info("the scanner is there")
                    self.connected, pause, said = True, REOPEN_SECONDS[0], False
                    self._read(port)
            except LINE_ERRORS as problem:
                if not said:
                    log.warning("the scanner is away (%s)", type(problem).__name__)
                said, self.connected = True, False
                self._stopped.wait(pause)
                pause = min(REOPEN_SECONDS[1], pause * 2)
        self.connected = False

    def stop(self) -> None:
        self._stopped.set()

    def _read(self, port: serial.Serial) -> None:
        texts = Texts()
        port.reset_input_buffer()
        while not self._stopped.is_set():
            data = port.read(1)
            if not data:
                continue
            found = texts.feed(data + port.read(port.in_waiting), self._mono())
            if found:
                self._heard(found[0])
                port.reset_input_buffer()
