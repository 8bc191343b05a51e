"""What is believed of a door when its sensor, its hook or its board cannot be taken at their word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.doors import REMIND_SECONDS, SUSPECT_OPENINGS
from firmware_bridge.layout import BadLayout, read_layout
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import DOORS, LAYOUT, until

HOOKS = {**LAYOUT, "hash": "hooks", "board_options": {"sensor": "hook"}}


def assist(bench: Bench, door: int, id: str) -> dict[str, Any]:
    """Staff have a door opened from afar; returns what the command is answered."""
    bench.command("open", id=id, door=door, cause="assist", placement=None, session=None)
    bench.pass_time(9)
    found = bench.result(id)
    assert found is not None
    return found


def test_an_open_door_reminds_at_twenty_forty_and_sixty_seconds(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    told = []
    bench.bank.on_change.append(lambda: told.append(bench.bank.doors[7].reminded))
    for count, seconds in enumerate(REMIND_SECONDS, start=1):
        bench.pass_time(seconds - (bench.elapsed - bench.bank.doors[7].opened_at) - 1)
        assert bench.bank.doors[7].reminded == count - 1
        bench.pass_time(2)
        assert bench.bank.doors[7].reminded == count
    assert told == [1, 2, 3]
    bench.shut(7)
    assert bench.bank.doors[7].reminded == 0


def test_a_command_is_answered_with_what_was_seen(bench: Bench) -> None:
    bench.items.add(7)
    assert assist(bench, 7, "a")["data"] == {"door": "open", "item": "present", "pulses": 1}
    bench.stuck.add(8)
    failed = assist(bench, 8, "b")
    assert (failed["status"], failed["code"]) == ("failed", "door_did_not_open")
    assert failed["data"] == {"door": "shut", "item": "absent", "pulses": 3}


def test_a_sensor_that_says_shut_through_three_openings_is_suspect_and_sound_again_once_it_moves(bench: Bench) -> None:
    bench.stuck.add(7)
    for n in range(SUSPECT_OPENINGS):
        assert bench.events("sensor_suspect") == []
        assist(bench, 7, f"c{n}")
    assert bench.events("sensor_suspect") == [{"door": 7, "reading": "shut", "openings": 3}]
    bench.restart(told=True)
    assert bench.bank.doors[7].suspect
    bench.stuck.clear()
    assert assist(bench, 7, "now")["status"] == "done"
    assert bench.events("sensor_sound") == [{"door": 7}]


def test_a_door_that_reads_open_at_the_start_is_suspect_until_it_is_seen_shut(bench: Bench) -> None:
    bench.journal.close()
    bench.open.add(7)
    bench.restart(told=True)
    assert bench.events("sensor_suspect") == [{"door": 7, "reading": "open", "openings": 0}]
    bench.shut(7)
    assert not bench.bank.doors[7].suspect


def test_a_shopper_before_a_suspect_sensor_gets_one_pulse_is_told_to_pull_and_nothing_counts_as_collected(
    bench: Bench,
) -> None:
    bench.open.add(7)
    bench.restart(told=True)
    bench.holds(7)
    assert bench.types().verdict == "open"
    bench.pass_time(2)
    assert bench.pulses == [7]
    assert bench.phase() == "pull"
    assert bench.events("door_unknown")[0]["reason"] == "unseen"
    assert bench.journal.rows("SELECT * FROM spent") == []
    bench.handover.done()
    assert bench.types().verdict == "open"


def test_new_goods_do_not_go_behind_a_suspect_sensor(bench: Bench) -> None:
    bench.open.add(7)
    bench.restart(told=True)
    bench.command("take_presence", code=bench.presence.shown()[0], staff="staff-1", id="here")
    bench.pass_time(0.2)
    session = bench.result("here")["data"]["session"]
    bench.command("open", door=7, cause="load", placement="place-1", session=session)
    bench.pass_time(0.2)
    assert bench.result()["code"] == "out_of_service"
    assert bench.pulses == []


def test_a_door_standing_open_and_tapped_thrice_is_no_reason_to_doubt_its_sensor(bench: Bench) -> None:
    for n in range(SUSPECT_OPENINGS + 1):
        assert assist(bench, 7, f"c{n}")["status"] == "done"
    assert bench.events("sensor_suspect") == []


def test_a_hook_that_falls_back_with_its_coil_opened_nothing(bench: Bench) -> None:
    bench.bank.configure(read_layout(HOOKS))
    bench.holds(7)
    bench.types()
    assert bench.bank.doors[7].state == "open"
    assert bench.phase() == "opening"
    bench.stuck.add(7)
    bench.shut(7)
    assert bench.events("door_opened") == bench.events("door_shut") == []
    bench.pass_time(9)
    assert bench.events("door_failed")[0]["reason"] == "failed"
    assert bench.journal.rows("SELECT * FROM spent") == []


def test_a_hook_that_stays_open_is_told_as_a_hook_and_may_be_opened_again(bench: Bench) -> None:
    bench.bank.configure(read_layout(HOOKS))
    bench.holds(7)
    bench.types()
    bench.pass_time(2)
    assert bench.phase() == "open"
    assert bench.events("door_opened")[0]["sensor"] == "hook"
    assert bench.handover.session.may_reopen(bench.elapsed)
    bench.handover.again()
    bench.pass_time(2)
    assert bench.pulses == [7, 7]
    assert bench.phase() == "open"
    assert not bench.handover.session.may_reopen(bench.elapsed)
    bench.shut(7)
    assert bench.events("door_shut")[0]["sensor"] == "hook"


def test_a_hook_left_open_says_that_it_is_a_hook(bench: Bench) -> None:
    bench.bank.configure(read_layout(HOOKS))
    bench.holds(7)
    bench.types()
    bench.pass_time(185, step=1)
    assert bench.events("door_left_open")[0]["sensor"] == "hook"


def test_a_bank_cannot_be_told_of_a_sensor_there_is_none_of() -> None:
    with pytest.raises(BadLayout, match="sensor of kerong-cu16 must be one of door, hook"):
        read_layout({**LAYOUT, "board_options": {"sensor": "knob"}})


@pytest.fixture
def winnsen(tmp_path: Path) -> Iterator[tuple[Line, LockBank]]:
    """Doors on boards that say when a coil must rest."""
    doors = [{**door, "board": door["board"] + 1} for door in DOORS]
    with (
        LockBank(doors=doors, protocol=PROTOCOLS["winnsen"]()) as locks,
        Line(tmp_path, locks.path, {**LAYOUT, "board": "winnsen", "doors": doors}) as line,
    ):
        yield line, locks


def test_a_board_that_spares_its_coil_is_waited_for_and_no_pulse_is_counted(winnsen: tuple[Line, LockBank]) -> None:
    line, locks = winnsen
    line.known()
    locks.misbehave(reject="cooldown")
    opening = line.bank.open(7, LOAD, lambda db: None)
    until(lambda: line.bank.tick() or opening.rejected == 2, 15)
    assert not opening.pushing
    locks.behave()
    until(lambda: line.bank.tick() or opening.outcome, 15)
    assert opening.outcome == "opened"
    assert locks.pulses_of(7) == 1
    assert line.bank.doors[7].in_service
