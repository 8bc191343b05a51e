"""A small supervisor: starts programs, waits until they answer, passes on their words, restarts the dead, ends all.

One thread, one loop. It touches no process it did not start.
"""

from __future__ import annotations

import contextlib
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import Trouble
from .children import Child

TICK = 0.05
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 20.0
"""Seconds after which a program counts as steady: its next restart waits the first pause again."""
TRIES = 3
"""Deaths before its first answer after which a program is given up."""


@dataclass(frozen=True)
class Program:
    """What to run. Programs of a higher stage are stopped before those of a lower one."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stage: int = 0
    answers: Callable[[], bool] = lambda: True
    """Whether it does its work now; may take a second at most."""


@dataclass
class _Place:
    """One program's life: the child that runs now, if any, and when the next one starts."""

    program: Program
    child: Child | None = None
    once: bool = False
    ready: bool = False
    deaths: int = 0
    pause: float = FIRST_PAUSE
    restart_at: float = 0.0


class Stopped(Exception):
    """A signal asked to stop."""


class Supervisor:
    """Runs programs in `directory`; `write(name, line)` gets every line they print and every word about them."""

    def __init__(self, directory: Path, write: Callable[[str, str], None], grace: float = 6.0) -> None:
        self._directory, self._write, self._grace = directory, write, grace
        self._places: list[_Place] = []
        self._signals = 0

    @contextlib.contextmanager
    def listening_to_signals(self) -> Iterator[None]:
        """Inside, SIGINT, SIGTERM and SIGHUP raise Stopped from whatever this supervisor does next."""

        def count(number: int, frame: object) -> None:
            self._signals += 1

        before = {n: signal.signal(n, count) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def complete(self, program: Program) -> None:
        """Run a program once, to its end. Raises Trouble if it fails, Stopped."""
        child = self._spawn(program)
        place = _Place(program, child, once=True)
        self._places.append(place)
        while not child.has_ended():
            self._turn()
        self._pass_on([place])
        self._places.remove(place)
        child.close()
        if child.code:
            raise Trouble(f"{program.name} failed ({child.how_it_ended()}); its last words stand above.")

    def start(self, programs: Iterable[Program], seconds: float = 60.0) -> None:
        """Start programs together and wait until all answer. Raises Trouble, Stopped."""
        waiting = [_Place(program, self._spawn(program)) for program in programs]
        self._places += waiting
        deadline = time.monotonic() + seconds
        while waiting := [place for place in waiting if not self._is_ready(place)]:
            self._turn()
            for place in waiting:
                if place.deaths >= TRIES:
                    raise Trouble(f"{place.program.name} does not start; its last words stand above.")
            if time.monotonic() > deadline:
                raise Trouble(f"{waiting[0].program.name} runs but did not answer within {seconds:.0f} s.")

    def run(self) -> None:
        """Keep everything running until a signal asks to stop."""
        with contextlib.suppress(Stopped):
            while True:
                self._turn()

    def stop(self) -> None:
        """End what was started, the highest stage first. One more signal ends everything at once."""
        patience = self._signals
        for stage in sorted({place.program.stage for place in self._places}, reverse=True):
            places = [place for place in self._places if place.program.stage == stage]
            children = [place.child for place in places if place.child]
            for child in children:
                child.ask_to_end()
            deadline = time.monotonic() + self._grace
            while remaining := [child for child in children if not child.has_ended()]:
                if time.monotonic() > deadline or self._signals > patience:
                    for child in remaining:
                        child.end()
                self._pass_on(places)
            self._pass_on(places)
            for child in children:
                child.close()
        self._places.clear()

    def _spawn(self, program: Program) -> Child:
        return Child(program.command, program.environment, self._directory)

    def _is_ready(self, place: _Place) -> bool:
        place.ready = place.ready or (place.child is not None and place.program.answers())
        return place.ready

    def _turn(self) -> None:
        if self._signals:
            raise Stopped
        self._pass_on(self._places)
        for place in self._places:
            if place.child is None:
                if time.monotonic() >= place.restart_at:
                    place.child = self._spawn(place.program)
            elif not place.once and place.child.has_ended():
                self._mourn(place, place.child)

    def _pass_on(self, places: list[_Place]) -> None:
        """Write what the children printed; wait for it no longer than a tick."""
        talking = {place.child: place.program.name for place in places if place.child and not place.child.silent}
        readable, _, _ = select.select(list(talking), [], [], TICK)
        for child in readable:
            for line in child.lines():
                self._write(talking[child], line)

    def _mourn(self, place: _Place, child: Child) -> None:
        self._pass_on([place])
        child.close()
        place.child = None
        place.deaths += 1
        if time.monotonic() - child.started_at >= STEADY:
            place.pause = FIRST_PAUSE
        self._write(place.program.name, f"ended ({child.how_it_ended()}); starting it again in {place.pause:g} s")
        place.restart_at = time.monotonic() + place.pause
        place.pause = min(place.pause * 2, LONGEST_PAUSE)
