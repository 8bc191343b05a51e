"""A coil fires for one reason only: an intent that is on the disk, carried to the line by `Bus.fire`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import firmware_bridge
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import DOORS, until

ROOT = Path(firmware_bridge.__file__).parent


def calls_of(name: str) -> list[tuple[str, str]]:
    """Where in the bridge an attribute is called or handed on: file and function."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                used = [node for node in ast.walk(function) if isinstance(node, ast.Attribute) and node.attr == name]
                found += [(str(path.relative_to(ROOT)), function.name)] * len(used)
    return found


def order_in(file: str, function: str) -> list[str]:
    """The names of what a function calls, from top to bottom."""
    tree = ast.parse((ROOT / file).read_text())
    (body,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    calls = [node.func for node in ast.walk(body) if isinstance(node, ast.Call)]
    attributes = [call for call in calls if isinstance(call, ast.Attribute)]
    return [call.attr for call in sorted(attributes, key=lambda call: (call.lineno, call.col_offset))]


def test_only_the_bus_asks_a_driver_for_an_open_and_only_for_a_pulse_in_its_queue() -> None:
    assert calls_of("open_frame") == [("bus.py", "_send")]
    assert [each for each in calls_of("_send") if each[0] != "notify.py"] == [("bus.py", "step")]  # that one: systemd
    assert order_in("bus.py", "step").index("_take") < order_in("bus.py", "step").index("_send")


def test_only_the_bank_and_the_installers_probe_queue_a_pulse_and_only_behind_its_intent() -> None:
    assert calls_of("fire") == [("agent.py", "__init__"), ("commission/probe.py", "open")]
    probing = order_in("commission/probe.py", "open")
    assert probing.index("begin") < probing.index("fire")
    assert calls_of("_fire") == [("bank.py", "__init__"), ("bank.py", "_pulse")]
    assert sorted(calls_of("_pulse")) == [("bank.py", "_advance"), ("bank.py", "open")]
    for function, journals in (("open", "begin"), ("_advance", "intend")):
        called = order_in("bank.py", function)
        assert called.index(journals) < called.index("_pulse")


def test_only_open_frame_makes_the_bytes_that_fire(tmp_path: Path) -> None:
    """Each driver's opening command has one place in its file where it becomes a frame."""
    for path in sorted((ROOT / "boards").glob("*.py")):
        makers = {
            function.name
            for function in ast.walk(ast.parse(path.read_text()))
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.id in ("OPEN", "FLASH_ON", "FLASH_OFF")
        }
        # `open_answers` knows the command to recognise what a board says to it.
        assert makers <= {"open_frame", "open_answers", "_pulse_pdu"}, path.name


@pytest.fixture
def locks() -> Iterator[LockBank]:
    with LockBank(doors=DOORS, protocol=PROTOCOLS["kerong-cu16"]()) as locks:
        yield locks


def test_there_are_never_more_pulses_than_intents_whatever_goes_wrong(line: Line, locks: LockBank) -> None:
    line.known()
    locks.misbehave(garbage=0.2, corrupt=0.1, half=0.1, lie=0.05, open_reply="garbled")
    locks.misbehave(door=3, jam=1)
    for number in (1, 3, 18):
        until(lambda number=number: line.states(number) == {"shut"})
        line.open(number)
    until(lambda: line.states(5) == {"shut"})
    opening = line.bank.open(5, LOAD, lambda db: None)
    locks.unplug()
    until(lambda: opening.outcome is not None or line.bank.tick())
    locks.plug()
    until(lambda: line.states(5) != {"unknown"})
    intents = line.journal.rows("SELECT * FROM intents")
    fired = [frame for frame in line.bus.trace.frames() if frame["direction"] == "out" and frame["hex"][6:8] == "31"]
    assert len(locks.pulses) <= len(intents)
    assert len(fired) <= len(intents)
    assert {pulse.door for pulse in locks.pulses} <= {1, 3, 5, 18}


def test_the_trace_keeps_what_was_said_in_memory_and_no_more_than_that(line: Line, locks: LockBank) -> None:
    line.known().open(7)
    hexes = [(frame["direction"], frame["hex"]) for frame in line.bus.trace.frames()]
    assert ("out", "02 06 31 03 3C") in hexes
    assert ("out", "02 00 30 03 35") in hexes
    assert ("in", "02 00 35 FF FF 00 00 03 38") in hexes
    for n in range(600):
        line.bus.trace.note("out", n.to_bytes(2, "big") * 300)
    kept = line.bus.trace.frames()
    assert len(kept) == 500
    assert max(len(frame["hex"]) for frame in kept) < 256 * 3
