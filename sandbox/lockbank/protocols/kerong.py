"""The three KERONG generations: CU16 (address and lock in one byte), CU48 (a lock byte), CU12 (data behind the sum)."""

from __future__ import annotations

from sandbox.lockbank.model import Board
from sandbox.lockbank.protocols.base import MAYBE, NONE, Machine, Protocol, packed, with_sum

STX, ETX = 0x02, 0x03
IN_TURN = 0.5
"""Between two coils of a board told to open all."""


class Kerong16(Protocol):
    """02 ADDR CMD [DATA] 03 SUM."""

    name = "kerong-cu16"
    baud = 19200

    def sound(self, held: bytes) -> int:
        if held[0] != STX or (len(held) > 2 and not 0x30 <= held[2] <= 0x40):
            return NONE
        for length in (5, 6, 7):
            frame = held[:length]
            if len(frame) == length and frame[-2] == ETX and with_sum(frame[:-1]) == frame:
                return length
        return MAYBE if len(held) < 7 else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        address, lock, command = frame[1] >> 4, frame[1] & 0x0F, frame[2]
        if command == 0x32:
            for board in (board for each in range(10) for board in machine.listening(each)):
                machine.answer(board, self._status(board, 0x36, machine))
            return
        for board in machine.listening(address):
            if command == 0x30:
                machine.answer(board, self._status(board, 0x35, machine))
            elif command == 0x31:
                machine.fire(board, lock)
                self._answer_open(board, machine)
            elif command == 0x33:
                for channel in range(16):
                    machine.later(channel * IN_TURN, lambda board=board, n=channel: machine.fire(board, n))
            elif command == 0x37:
                self._pulse_time(board, frame[3:-2], machine)

    def _pulse_time(self, board: Board, data: bytes, machine: Machine) -> None:
        if len(data) == 2:
            board.behaviour.pulse_units = int.from_bytes(data, "big")
        units = board.behaviour.pulse_units.to_bytes(2, "big")
        machine.answer(board, with_sum(bytes((STX, board.answers_to << 4, 0x38, *units, ETX))))

    def _status(self, board: Board, command: int, machine: Machine) -> bytes:
        told = packed(board.shut(16, machine.random)) + packed(board.full(16))
        return with_sum(bytes((STX, board.answers_to << 4, command, *told, ETX)))

    def _answer_open(self, board: Board, machine: Machine) -> None:
        status = self._status(board, 0x35, machine)
        if board.behaviour.open_reply == "status":
            machine.answer(board, status)
        elif board.behaviour.open_reply == "garbled":
            machine.answer(board, machine.random.randbytes(4) + status[2:7])


class Kerong48(Protocol):
    """02 ADDR LOCK CMD 03 SUM."""

    name = "kerong-cu48b"
    baud = 19200
    channels = 48

    def sound(self, held: bytes) -> int:
        if held[0] != STX or (len(held) > 3 and held[3] not in (0x60, 0x61)):
            return NONE
        if len(held) < 6:
            return MAYBE
        return 6 if held[4] == ETX and with_sum(held[:5]) == held[:6] else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        address, lock, command = frame[1:4]
        for board in machine.listening(address):
            told = packed(board.shut(48, machine.random)) + packed(board.full(48))
            status = with_sum(bytes((STX, address, lock, 0x75, *told, ETX)))
            if command == 0x60:
                machine.answer(board, status)
                continue
            for turn, channel in enumerate(range(48) if lock == 0x30 else [lock] if lock < 48 else []):
                machine.later(turn * IN_TURN, lambda board=board, n=channel: machine.fire(board, n))
            if board.behaviour.open_reply != "none":
                machine.answer(board, with_sum(bytes((STX, address, lock, 0x75, ETX))))


class Kerong12(Protocol):
    """02 ADDR LOCK CMD ASK LEN 03 SUM [DATA], SUM over all the others."""

    name = "kerong-cu12"
    baud = 19200
    channels = 12

    def sound(self, held: bytes) -> int:
        if held[0] != STX or (len(held) > 4 and held[4] != 0) or (len(held) > 6 and held[6] != ETX):
            return NONE
        if len(held) > 5 and held[5] > 40:
            return NONE
        if len(held) < 8 or len(held) < 8 + held[5]:
            return MAYBE
        length = 8 + held[5]
        return length if (sum(held[:length]) - held[7]) & 0xFF == held[7] else NONE

    def obey(self, frame: bytes, machine: Machine) -> None:
        address, lock, command = frame[1:4]
        for board in machine.listening(address):
            if command == 0x80:
                # Bits above the twelfth lock are 0.
                told = packed(board.shut(12, machine.random))
                machine.answer(board, self._frame(address, lock, command, 0x10, told))
            elif command == 0x81 and lock <= 0x0C:
                refused = {"busy": 0x12, "cooldown": 0x11}.get(board.behaviour.reject)
                for turn, channel in enumerate(() if refused else range(12) if lock == 0x0C else (lock,)):
                    machine.later(turn * IN_TURN, lambda board=board, n=channel: machine.fire(board, n))
                machine.answer(board, self._frame(address, lock, command, refused or 0x10, b""))
            else:
                machine.answer(board, self._frame(address, lock, command, 0x13, b""))

    def _frame(self, address: int, lock: int, command: int, said: int, data: bytes) -> bytes:
        head = bytes((STX, address, lock, command, said, len(data), ETX))
        return head + bytes((sum(head + data) & 0xFF,)) + data
