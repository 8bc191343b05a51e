"""The bank as a machine on a line: a thread that answers frames, fires coils, lets doors pop and can misbehave."""

from __future__ import annotations

import heapq
import itertools
import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sandbox.lockbank import frames
from sandbox.lockbank.model import Behaviour, Board, Compartment, Move, Pulse

SECONDS_A_BYTE = 10 / 19200
DOOR_HABITS = ("stuck", "jam")


class LockBank:
    """`boards` CU16s of `channels` locks behind one pseudo-terminal.

    `doors` places the compartments, as mappings with number, board, channel, row, column, height, size; without it
    every channel has a door, numbered from 1. Use it as a context manager, or `start` and `stop` it.
    """

    def __init__(
        self, boards: int = 2, channels: int = 16, doors: Sequence[Mapping[str, Any]] | None = None, seed: int = 0
    ) -> None:
        placed = doors or [
            {
                "number": board * channels + channel + 1,
                "board": board,
                "channel": channel,
                "row": channel,
                "column": board,
            }
            for board in range(boards)
            for channel in range(channels)
        ]
        names = {each.name for each in fields(Compartment)}
        self.compartments = {
            int(door["number"]): Compartment(**{k: v for k, v in door.items() if k in names}) for door in placed
        }
        self.boards = {address: Board(address) for address in range(boards)}
        for box in self.compartments.values():
            self.boards[box.board].wired[box.channel] = box
        self.pulses: list[Pulse] = []
        self.moves: list[Move] = []
        self.heard: int = 0
        """How many sound requests came in."""
        self._random = random.Random(seed)
        self.lock = threading.RLock()
        """Held while anything moves; hold it to look at several things at once."""
        self._changed = threading.Condition(self.lock)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._parser = frames.RequestParser()
        self._links: list[Path] = []
        self._master = self._slave = -1
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None
        self.plug()

    def __enter__(self) -> LockBank:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def path(self) -> str:
        """The device a bridge opens. It changes when the line is plugged in again; a `link` follows it."""
        return os.ttyname(self._slave)

    def link(self, path: Path | str) -> Path:
        """Keep a symbolic link to the device at a fixed path."""
        link = Path(path)
        link.parent.mkdir(parents=True, exist_ok=True)
        self._links.append(link)
        self._point(link)
        return link

    def start(self) -> LockBank:
        self._thread = threading.Thread(target=self._serve, name="lockbank", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        os.write(self._wake_write, b"x")
        if thread is not None:
            thread.join(5)
        self.unplug()
        for link in self._links:
            link.unlink(missing_ok=True)

    def unplug(self) -> None:
        """Pull the adapter: whoever holds the device gets errors."""
        with self.lock:
            for end in (self._master, self._slave):
                if end >= 0:
                    os.close(end)
            self._master = self._slave = -1

    def plug(self) -> None:
        """Plug the adapter in (again)."""
        with self.lock:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self._parser = frames.RequestParser()
            for link in self._links:
                self._point(link)
        os.write(self._wake_write, b"x")

    def open_door(self, number: int) -> None:
        """Pull a door open by hand, or with the key."""
        self._set(number, shut=False)

    def shut_door(self, number: int) -> None:
        """Push a door shut."""
        self._set(number, shut=True)

    def put_item(self, number: int) -> None:
        """Put goods in. Raises ValueError when the door is shut."""
        self._reach(number, goods=True)

    def take_item(self, number: int) -> None:
        """Take goods out. Raises ValueError when the door is shut."""
        self._reach(number, goods=False)

    def misbehave(self, *, board: int | None = None, door: int | None = None, **habits: Any) -> None:
        """Change how boards (all, or one) or one door behave; see `Behaviour`, and `stuck` and `jam` for doors.

        Raises ValueError for a habit there is no such thing as.
        """
        with self.lock:
            if door is not None:
                if set(habits) - set(DOOR_HABITS):
                    raise ValueError(f"a door can be {' or '.join(DOOR_HABITS)}")
                for name, value in habits.items():
                    setattr(self.compartments[door], name, value)
                return
            for each in self.boards.values() if board is None else [self.boards[board]]:
                try:
                    each.behaviour = replace(each.behaviour, **habits)
                except TypeError as problem:
                    raise ValueError(str(problem)) from problem

    def behave(self) -> None:
        """Everything healthy again."""
        with self.lock:
            for board in self.boards.values():
                board.behaviour = Behaviour()
            for box in self.compartments.values():
                box.stuck, box.jam = False, 0

    def say(self, data: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        self._at(time.monotonic(), lambda: self._write(data))

    def wait(self, condition: Callable[[LockBank], bool], seconds: float = 5) -> bool:
        """Wait until something is true of the bank; False when it did not become so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), seconds)

    def pulses_of(self, number: int) -> int:
        with self.lock:
            return sum(pulse.door == number for pulse in self.pulses)

    def _set(self, number: int, **state: bool) -> None:
        with self._changed:
            for name, value in state.items():
                setattr(self.compartments[number], name, value)
                self.moves.append(Move(time.time(), number, name, value))
            self._changed.notify_all()

    def _reach(self, number: int, goods: bool) -> None:
        with self._changed:
            if self.compartments[number].shut:
                raise ValueError(f"door {number} is shut")
            self._set(number, goods=goods)

    def _point(self, link: Path) -> None:
        fresh = link.with_name(link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self.path)
        fresh.replace(link)

    def _serve(self) -> None:
        while self._thread is not None:
            with self.lock:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    heapq.heappop(self._due)[2]()
                pause = self._due[0][0] - now if self._due else 1.0
                ends = [self._wake_read] + ([self._master] if self._master >= 0 else [])
            try:
                ready, _, _ = select.select(ends, [], [], max(0.0, pause))
            except (OSError, ValueError):
                continue
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            with self.lock:
                if self._master in ready:
                    self._hear()

    def _hear(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        for request in self._parser.feed(data):
            self.heard += 1
            self._obey(request)

    def _obey(self, request: frames.Request) -> None:
        if request.command == frames.STATUS_ALL:
            for board in self.boards.values():
                self._answer(board, frames.frame(board.address << 4, frames.ANSWER_ALL, board.status()))
            return
        board = self.boards.get(request.board)
        if board is None:
            return
        if request.command == frames.STATUS:
            self._answer(board, frames.frame(board.address << 4, frames.ANSWER, board.status()))
        elif request.command == frames.UNLOCK:
            self._fire(board, request.lock)
            self._answer_open(board)
        elif request.command == frames.UNLOCK_ALL:
            for channel in range(16):
                self._fire(board, channel, after=channel * 0.5)
        elif request.command == frames.UNLOCK_TIME:
            if len(request.data) == 2:
                board.behaviour.pulse_units = int.from_bytes(request.data, "big")
            units = board.behaviour.pulse_units.to_bytes(2, "big")
            self._answer(board, frames.frame(board.address << 4, frames.TIME_ANSWER, units))

    def _fire(self, board: Board, channel: int, after: float = 0.0) -> None:
        def fire() -> None:
            box = board.wired.get(channel)
            with self._changed:
                self.pulses.append(
                    Pulse(time.time(), time.monotonic(), board.address, channel, box.number if box else None)
                )
                self._changed.notify_all()
            if box is not None and box.spring():
                self._at(time.monotonic() + board.behaviour.pop_seconds, lambda: self.open_door(box.number))

        self._at(time.monotonic() + after, fire) if after else fire()

    def _answer_open(self, board: Board) -> None:
        status = frames.frame(board.address << 4, frames.ANSWER, board.status())
        if board.behaviour.open_reply == "status":
            self._answer(board, status)
        elif board.behaviour.open_reply == "garbled":
            self._answer(board, self._random.randbytes(4) + status[2:7])

    def _answer(self, board: Board, answer: bytes) -> None:
        habit, chance = board.behaviour, self._random.random
        if habit.silent:
            return
        if chance() < habit.corrupt:
            answer = answer[:-1] + bytes(((answer[-1] + 1 + self._random.randrange(255)) & 0xFF,))
        if chance() < habit.half:
            answer = answer[: self._random.randrange(1, len(answer))]
        if chance() < habit.garbage:
            answer = self._random.randbytes(self._random.randrange(1, 12)) + answer
        wire = (5 + len(answer)) * SECONDS_A_BYTE if habit.paced else 0.0
        self._at(time.monotonic() + wire + habit.late, lambda: self._write(answer))

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._master, data)
        except OSError:
            return  # nobody reads: on a real line the bytes are gone, too

    def _at(self, when: float, action: Callable[[], None]) -> None:
        with self.lock:
            heapq.heappush(self._due, (when, next(self._order), action))
        if threading.current_thread() is not self._thread:
            os.write(self._wake_write, b"x")
