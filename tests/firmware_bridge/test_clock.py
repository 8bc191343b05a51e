"""What time it is: the service's word, a floor, and no way back."""

from __future__ import annotations

from firmware_bridge.clock import Clock
from tests.firmware_bridge.bench import Bench


class Machine:
    """A computer whose clock anybody may set."""

    def __init__(self) -> None:
        self.set_to = 1_000_000.0
        self.running = 0.0
        self.moves: list[tuple[str, int]] = []

    def clock(self, floor: float = 0.0) -> Clock:
        clock = Clock(lambda: self.set_to + self.running, lambda: self.running, floor)
        clock.on_move = lambda which, seconds: self.moves.append((which, round(seconds)))
        return clock


def test_set_back_it_runs_on_and_the_jump_is_noted() -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    machine.set_to -= 5000
    machine.running += 10
    clock.watch()
    assert clock.now() == before + 10
    assert machine.moves == [("computer", -5000)]
    clock.watch()
    assert len(machine.moves) == 1


def test_set_forward_it_is_followed_until_the_service_is_heard_and_not_after() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.set_to += 3600
    assert clock.now() == 1_003_600
    clock.believe(1_000_050)
    assert machine.moves == [("bridge", -3550)]
    assert clock.now() == 1_000_050
    machine.set_to += 86400
    assert clock.now() == 1_000_050
    assert clock.off() == 90_000 - 50


def test_the_services_time_never_takes_back_a_time_it_gave() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.believe(2_000_000)
    machine.running += 100
    clock.believe(2_000_040)
    assert clock.now() == 2_000_100
    machine.running += 100
    assert clock.now() == 2_000_140


def test_small_differences_are_not_told() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.believe(1_000_020)
    machine.set_to += 20
    clock.watch()
    assert machine.moves == []


def test_a_jump_becomes_an_event(bench: Bench) -> None:
    bench.journal.clock.on_move = bench.journal._clock_moved
    bench.journal.clock.believe(bench.now + 600)
    assert bench.events("clock_moved") == [{"clock": "bridge", "seconds": 600}]
