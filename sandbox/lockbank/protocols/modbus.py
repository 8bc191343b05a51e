"""Modbus devices: a relay board with inputs and flash registers, RTU and TCP, and a lock board with inverted coils."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.lockbank.model import Board
from sandbox.lockbank.protocols.base import MAYBE, NONE, Machine, Protocol, packed

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY = 1, 2, 3, 6
FIXED = (1, 2, 3, 4, 5, 6)
"""Functions whose requests have two words after them."""
Framed = Callable[[Board, bytes], bytes]
"""Puts what is answered into the frame of the line."""


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus by its polynomial, low byte first."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            low, register = register & 1, register >> 1
            register ^= 0xA001 if low else 0
    return register.to_bytes(2, "little")


class RelayRtu(Protocol):
    """Eight to thirty-two relays that fire coils, as many inputs that see doors. An input reads 1 for a shut door."""

    name = "modbus-rtu-relay"
    first = 1
    channels = 8

    def __init__(self, channels: int = 8, inverted_inputs: bool = False, opens_when_off: bool = False) -> None:
        super().__init__()
        self.channels = channels
        self._inverted, self._off_opens = inverted_inputs, opens_when_off
        self._on: set[tuple[int, int]] = set()

    def sound(self, held: bytes) -> int:
        if len(held) > 1 and held[1] not in FIXED:
            return NONE
        if len(held) < 8:
            return MAYBE
        return 8 if crc(held[:6]) == held[6:8] else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        self._serve(frame[0], frame[1:6], machine, self._framed)

    def _framed(self, board: Board, pdu: bytes) -> bytes:
        body = bytes((board.answers_to,)) + pdu
        return body + crc(body)

    def _serve(self, unit: int, pdu: bytes, machine: Machine, framed: Framed) -> None:
        for board in machine.listening(unit):
            machine.answer(board, framed(board, self._do(board, pdu, machine)))

    def _do(self, board: Board, pdu: bytes, machine: Machine) -> bytes:
        function, address, value = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if function in (1, 2):
            return self._read(board, function, address, value, machine)
        if function != 5:
            return bytes((0x80 | function, ILLEGAL_FUNCTION))
        if board.behaviour.reject:
            return bytes((0x85, BUSY))
        problem = self._write(board, address, value, machine)
        return bytes((0x85, problem)) if problem else pdu

    def _read(self, board: Board, function: int, start: int, count: int, machine: Machine) -> bytes:
        if not 0 < count <= self.channels or start + count > self.channels:
            return bytes((0x80 | function, ILLEGAL_ADDRESS))
        told = self._coils(board, machine) if function == 1 else self._inputs(board, machine)
        bits = packed(told[start : start + count])
        return bytes((function, len(bits))) + bits

    def _inputs(self, board: Board, machine: Machine) -> list[bool]:
        return [shut != self._inverted for shut in board.shut(self.channels, machine.random)]

    def _coils(self, board: Board, machine: Machine) -> list[bool]:
        return [(board.address, channel) in self._on for channel in range(self.channels)]

    def _write(self, board: Board, address: int, value: int, machine: Machine) -> int:
        """0, or the exception."""
        every = address == 0x00FF
        channel, register = address & 0xFF, address >> 8
        if not every and channel >= self.channels:
            return ILLEGAL_ADDRESS
        if register == 0:
            if value not in (0xFF00, 0x0000):
                return ILLEGAL_VALUE
            for each in range(self.channels) if every else (channel,):
                self._switch(board, each, value == 0xFF00, machine)
            return 0
        if register not in (2, 4):
            return ILLEGAL_ADDRESS
        if not 0 < value <= 0x7FFF:
            # What a coil master sends for "on" would be 109 minutes.
            return ILLEGAL_VALUE
        if (register == 4) == self._off_opens:
            machine.fire(board, channel, seconds=value / 10)
        return 0

    def _switch(self, board: Board, channel: int, on: bool, machine: Machine) -> None:
        key = (board.address, channel)
        was = key in self._on
        (self._on.add if on else self._on.discard)(key)
        opens = on != self._off_opens
        if opens and (was != on or self._off_opens):
            machine.fire(board, channel, seconds=None)


class RelayTcp(RelayRtu):
    """The same behind an MBAP header."""

    name = "modbus-tcp-relay"

    def sound(self, held: bytes) -> int:
        if held[2:4] not in (b"", b"\0", b"\0\0") or held[4:6] not in (b"", b"\0", b"\0\6"):
            return NONE
        return MAYBE if len(held) < 12 else 12

    def obey(self, frame: bytes, machine: Machine) -> None:
        def framed(board: Board, pdu: bytes) -> bytes:
            return frame[:4] + (len(pdu) + 1).to_bytes(2, "big") + frame[6:7] + pdu

        self._serve(frame[6], frame[7:12], machine, framed)


class LockRtu(RelayRtu):
    """A lock board behind Modbus: a coil reads 1 while its lock is shut, and writing 0 opens that, for a moment."""

    name = "modbus-rtu-lock"
    baud = 115200

    def __init__(self, channels: int = 48, written_to_open: int = 0x0000) -> None:
        super().__init__(channels)
        self._opens = written_to_open

    def _coils(self, board: Board, machine: Machine) -> list[bool]:
        return board.shut(self.channels, machine.random)

    def _write(self, board: Board, address: int, value: int, machine: Machine) -> int:
        every = address == 0x00FF
        if value not in (0xFF00, 0x0000):
            return ILLEGAL_VALUE
        if not every and address >= self.channels:
            return ILLEGAL_ADDRESS
        if value == self._opens:
            for channel in range(self.channels) if every else (address,):
                machine.fire(board, channel)
        return 0
