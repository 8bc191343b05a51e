"""Modbus relay boards with digital inputs (Waveshare's flash-on registers), and lock boards that speak Modbus.

What is asked is the same on RTU (address, CRC) and TCP (MBAP header, transaction number):
inputs 02, coils 01, write one 05. A relay board's own pulse: 05 to 0200+channel flashes it on, 05 to 0400+channel
flashes it off, the value being so many tenths of a second. The board keeps that time; a relay is never switched on here
and off later, since whatever stops us in between would burn the coil.

`coil_sense` says which state of a relay opens the door. The start-up frame "all relays off" belongs to boards whose
relays open by closing, and to those alone: on the others it would open every door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer, bits
from firmware_bridge.boards.options import PULSE_MS, Choice, Option, Switch, Whole
from firmware_bridge.boards.scanner import Scanner, fixed

READ_COILS, READ_INPUTS, WRITE_COIL = 0x01, 0x02, 0x05
EXCEPTION = 0x80
BUSY = 0x06
FLASH_ON, FLASH_OFF, EVERY_RELAY = 0x0200, 0x0400, 0x00FF
ON, OFF = 0xFF00, 0x0000
OPENS_ON, OPENS_OFF = "on-opens", "off-opens"
CHANNELS = Whole(8, 1, 32)


class _Modbus(LockBoard):
    """What RTU and TCP share: `_wrap` frames a request, `_scan` finds the answer to it by its first bytes."""

    boards = range(1, 248)
    reply_seconds = 0.2
    settle_seconds = 0.2
    reads = READ_INPUTS

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self.channels = self.options["channels"]

    def ask_frame(self, ask: Ask, turn: int) -> bytes:
        self.check(ask.board, max(ask.channels))
        return self._wrap(ask.board, _pdu(self.reads, 0, self.channels), turn)

    def answers(self, ask: Ask, turn: int) -> Scanner[BoardStatus]:
        count = (self.channels + 7) // 8

        def read(pdu: bytes) -> BoardStatus | None:
            told = bits(pdu[2:])
            shut = {channel: told[channel] == self._one_is_shut() for channel in range(self.channels)}
            return BoardStatus(ask.board, shut, {})

        return self._scan(ask.board, bytes((self.reads, count)), 2 + count, read, turn)

    def open_frame(self, board: int, channel: int, turn: int) -> bytes:
        self.check(board, channel)
        return self._wrap(board, self._pulse_pdu(channel), turn)

    def open_answers(self, board: int, channel: int, turn: int) -> Scanner[OpenAnswer]:
        """A board repeats what it obeys; what it will not obey comes back as an exception."""
        pulse = self._pulse_pdu(channel)
        obeyed = self._scan(board, pulse, len(pulse), lambda pdu: OpenAnswer(accepted=True), turn)

        def refused(pdu: bytes) -> OpenAnswer:
            return OpenAnswer(False, "busy" if pdu[1] == BUSY else "refused")

        return _Either(obeyed, self._scan(board, bytes((EXCEPTION | WRITE_COIL,)), 2, refused, turn))

    def _pulse_pdu(self, channel: int) -> bytes:
        raise NotImplementedError

    def _one_is_shut(self) -> bool:
        raise NotImplementedError

    def _wrap(self, board: int, pdu: bytes, turn: int) -> bytes:
        body = bytes((board,)) + pdu
        return body + _crc(body)

    def _scan(self, board: int, head: bytes, length: int, read: Callable[[bytes], Any], turn: int) -> Scanner[Any]:
        def sound(frame: bytes) -> Any:
            return read(frame[1:-2]) if _crc(frame[:-2]) == frame[-2:] else None

        return fixed(bytes((board,)) + head, 1 + length + 2, sound)


class ModbusRtuRelay(_Modbus):
    """Relays open the doors, inputs see them."""

    name = "modbus-rtu-relay"
    gap_seconds = 0.004
    """Three and a half characters at 9600 baud end a frame."""
    takes: ClassVar[Mapping[str, Option]] = {
        "channels": CHANNELS,
        "coil_sense": Choice((OPENS_ON, OPENS_OFF)),
        "pulse_ms": PULSE_MS,
        "inputs_inverted": Switch(),
    }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self.pulse_seconds = self.options["pulse_ms"] / 1000

    def at_connect(self, board: int, turn: int) -> bytes | None:
        if self.options["coil_sense"] != OPENS_ON:
            return None
        return self._wrap(board, _pdu(WRITE_COIL, EVERY_RELAY, OFF), turn)

    def _pulse_pdu(self, channel: int) -> bytes:
        base = FLASH_ON if self.options["coil_sense"] == OPENS_ON else FLASH_OFF
        return _pdu(WRITE_COIL, base + channel, self.options["pulse_ms"] // 100)

    def _one_is_shut(self) -> bool:
        return not self.options["inputs_inverted"]


class ModbusTcpRelay(ModbusRtuRelay):
    """The same board on a network: no CRC, a transaction number instead."""

    name = "modbus-tcp-relay"
    gap_seconds = 0.0
    can_echo = False

    def _wrap(self, board: int, pdu: bytes, turn: int) -> bytes:
        return self._mbap(board, len(pdu), turn) + pdu

    def _scan(self, board: int, head: bytes, length: int, read: Callable[[bytes], Any], turn: int) -> Scanner[Any]:
        mbap = self._mbap(board, length, turn)
        return fixed(mbap + head, len(mbap) + length, lambda frame: read(frame[len(mbap) :]))

    def _mbap(self, board: int, length: int, turn: int) -> bytes:
        return (turn & 0xFFFF).to_bytes(2, "big") + b"\0\0" + (length + 1).to_bytes(2, "big") + bytes((board,))


class ModbusRtuLock(_Modbus):
    """A lock board behind Modbus, 115200 8N1: its coil is the lock, reads 1 while that is shut, and is pulsed by the
    board itself when 0 is written (`off-opens`), or 1 on some."""

    name = "modbus-rtu-lock"
    baud = 115200
    gap_seconds = 0.002
    reads = READ_COILS
    takes: ClassVar[Mapping[str, Option]] = {
        "channels": Whole(48, 1, 48),
        "coil_sense": Choice((OPENS_OFF, OPENS_ON)),
        "inputs_inverted": Switch(),
    }

    def _pulse_pdu(self, channel: int) -> bytes:
        return _pdu(WRITE_COIL, channel, OFF if self.options["coil_sense"] == OPENS_OFF else ON)

    def _one_is_shut(self) -> bool:
        return not self.options["inputs_inverted"]


class _Either(Scanner[OpenAnswer]):
    """The first of two kinds of answer."""

    def __init__(self, *scanners: Scanner[OpenAnswer]) -> None:
        self._scanners = scanners

    def feed(self, data: bytes) -> list[OpenAnswer]:
        return [found for scanner in self._scanners for found in scanner.feed(data)]


def _pdu(function: int, address: int, value: int) -> bytes:
    return bytes((function,)) + address.to_bytes(2, "big") + value.to_bytes(2, "big")


def _crc(data: bytes) -> bytes:
    """CRC-16 of Modbus, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
