"""The physics of a bank: doors that pop when their coil pulls, whatever the board speaks, and a ledger of it all."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from sandbox.lockbank.model import Behaviour, Board, Compartment, Move, Pulse

DOOR_HABITS = ("stuck", "jam", "bounce")
BOUNCE_SECONDS = 0.03
SHORTEST_PULL = 0.05
"""A coil that is on for less moves no bolt."""
Self = TypeVar("Self", bound="Doors")


class Doors:
    """Boards with compartments. `later` is given by whoever runs the time."""

    def __init__(self, boards: Iterable[int], placed: Iterable[Mapping[str, Any]], seed: int) -> None:
        names = {each.name for each in fields(Compartment)}
        self.compartments = {
            int(door["number"]): Compartment(**{k: v for k, v in door.items() if k in names}) for door in placed
        }
        addresses = sorted({*boards, *(box.board for box in self.compartments.values())})
        self.boards = {address: Board(address) for address in addresses}
        for box in self.compartments.values():
            self.boards[box.board].wired[box.channel] = self.boards[box.board].coils[box.channel] = box
        self.pulses: list[Pulse] = []
        self.moves: list[Move] = []
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        """Held while anything moves; hold it to look at several things at once."""
        self._changed = threading.Condition(self.lock)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        raise NotImplementedError

    def moved(self, board: Board, channel: int) -> None:
        """A door's sensor says something new."""

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
        """Change how boards (all, or one) or one door behave; see `Behaviour`, and `stuck`, `jam` and `bounce` for
        doors. Raises ValueError for a habit there is no such thing as.
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
                    each.dead = each.dead and habits.get("brownout", True)
                except TypeError as problem:
                    raise ValueError(str(problem)) from problem

    def behave(self) -> None:
        """Everything healthy again, rewired and readdressed as it should be."""
        with self.lock:
            for board in self.boards.values():
                board.behaviour, board.dead, board.answers_to = Behaviour(), False, board.address
                board.coils = dict(board.wired)
            for box in self.compartments.values():
                box.stuck, box.jam, box.bounce, box.lying = False, 0, 0, False

    def swap(self, one: int, other: int) -> None:
        """Wire the coils of two doors the wrong way round; their sensors stay."""
        with self.lock:
            first, second = self.compartments[one], self.compartments[other]
            self.boards[first.board].coils[first.channel] = second
            self.boards[second.board].coils[second.channel] = first

    def wait(self: Self, condition: Callable[[Self], bool], seconds: float = 5) -> bool:
        """Wait until something is true of the bank; False when it did not become so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), seconds)

    def pulses_of(self, number: int) -> int:
        with self.lock:
            return sum(pulse.door == number for pulse in self.pulses)

    def fire(self, board: Board, channel: int, seconds: float | None = 0.5) -> None:
        """One coil pulls, for so long or, with None, until it is switched off."""
        with self._changed:
            box, power = board.coils.get(channel), not board.dead
            if power:
                number = box.number if box else None
                pulse = Pulse(time.time(), time.monotonic(), board.address, channel, number, seconds)
                self.pulses.append(pulse)
            if board.behaviour.brownout:
                board.dead = True
            self._changed.notify_all()
            if box is None or board.dead or (seconds is not None and seconds < SHORTEST_PULL) or not box.spring():
                return
            pop = board.behaviour.pop_seconds
            self.later(pop, lambda: self.open_door(box.number))
            for flip in range(2 * box.bounce):
                self.later(pop + (flip + 1) * BOUNCE_SECONDS, lambda flip=flip: self._bounce(box, flip % 2 == 0))

    def _bounce(self, box: Compartment, lying: bool) -> None:
        with self._changed:
            box.lying = lying
        self.moved(self.boards[box.board], box.channel)

    def _set(self, number: int, **state: bool) -> None:
        with self._changed:
            box = self.compartments[number]
            for name, value in state.items():
                setattr(box, name, value)
                self.moves.append(Move(time.time(), number, name, value))
            self._changed.notify_all()
        if "shut" in state:
            self.moved(self.boards[box.board], box.channel)

    def _reach(self, number: int, goods: bool) -> None:
        with self._changed:
            if self.compartments[number].shut:
                raise ValueError(f"door {number} is shut")
            self._set(number, goods=goods)
