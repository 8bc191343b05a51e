"""What the service may ask of the bank, and what the bank never does for it."""

from __future__ import annotations

import pytest

from firmware_bridge.judge import Verdict
from tests.firmware_bridge.bench import Bench


def result(bench: Bench, id: str = "command-1") -> tuple[str, str | None]:
    found = bench.result(id)
    assert found is not None
    return found["status"], found["code"]


def open_door(bench: Bench, number: int = 7, id: str = "command-1", cause: str = "load", **more: object) -> None:
    bench.command("open", id=id, door=number, cause=cause, **{"placement": "place-1", "session": None, **more})
    bench.pass_time(0.3)


def present(bench: Bench) -> str:
    """Somebody of the staff proves to be there; returns their session."""
    bench.command("take_presence", id=f"presence-{bench.elapsed}", code=bench.presence.shown()[0], staff="staff-1")
    bench.tick()
    return bench.result(f"presence-{bench.elapsed}")["data"]["session"]


def test_a_door_opens_for_loading_and_everything_about_it_is_told(bench: Bench) -> None:
    open_door(bench)
    assert result(bench) == ("done", None)
    assert bench.pulses == [7]
    opened = bench.events("door_opened")[0]
    assert (opened["cause"], opened["placement"], opened["command"]) == ("load", "place-1", "command-1")
    bench.items.add(7)
    bench.shut(7)
    shut = bench.events("door_shut")[0]
    assert (shut["cause"], shut["placement"], shut["item"]) == ("load", "place-1", "present")


def test_the_screen_shows_the_door_staff_opened(bench: Bench) -> None:
    open_door(bench)
    assert (bench.handover.session.who, bench.phase()) == ("staff", "open")


def test_a_command_sent_twice_is_obeyed_once_and_answered_twice(bench: Bench) -> None:
    open_door(bench)
    with bench.journal.writing() as db:
        bench.commands.reported(db, bench.commands.results())
    assert bench.commands.results() == []
    bench.shut(7)
    open_door(bench)
    assert bench.pulses == [7]
    assert [each["status"] for each in bench.commands.results()] == ["done"]


def test_a_command_that_came_too_late_is_not_obeyed(bench: Bench) -> None:
    bench.command("open", seconds=-0.1, door=7, cause="load", placement=None, session=None)
    bench.tick()
    assert result(bench) == ("expired", None)
    assert bench.pulses == []


def test_a_command_waits_while_nobody_can_say_whether_it_expired(bench: Bench) -> None:
    bench.restart()
    bench.command("open", seconds=30, door=7, cause="load", placement=None, session=None)
    bench.pass_time(1)
    assert bench.result() is None
    bench.elapsed += 60
    bench.journal.clock.believe(bench.now)
    bench.tick()
    assert result(bench) == ("expired", None)
    assert bench.pulses == []


def test_a_door_that_does_not_open_fails_the_command_and_goes_out_of_service(bench: Bench) -> None:
    bench.stuck.add(7)
    open_door(bench)
    bench.pass_time(7)
    assert result(bench) == ("failed", "door_did_not_open")
    assert bench.pulses == [7, 7, 7]
    open_door(bench, id="command-2")
    assert result(bench, "command-2") == ("refused", "out_of_service")


def test_a_door_out_of_service_may_be_tried_by_someone_who_helps_and_then_serves_again(bench: Bench) -> None:
    bench.stuck.add(7)
    open_door(bench)
    bench.pass_time(7)
    bench.stuck.clear()
    open_door(bench, id="command-2", cause="assist")
    assert result(bench, "command-2") == ("done", None)
    assert bench.bank.doors[7].in_service


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"door": 99, "cause": "load"}, "unknown_door"),
        ({"door": 7, "cause": "load", "session": "nobody"}, "not_present"),
        ({"door": 7, "cause": "grant"}, "unknown_command"),
        ({"door": "seven", "cause": "load"}, "unknown_command"),
        ({"cause": "load"}, "unknown_command"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(bench: Bench, fields: dict[str, object], code: str) -> None:
    bench.command("open", **fields)
    bench.tick()
    assert result(bench) == ("refused", code)
    assert bench.pulses == []


def test_an_unknown_kind_is_refused_and_reported(bench: Bench) -> None:
    bench.command("open_all")
    bench.tick()
    assert result(bench) == ("refused", "unknown_command")


def test_a_silent_board_is_said_to_be_silent(bench: Bench) -> None:
    bench.silent = True
    bench.look(3)
    open_door(bench)
    assert result(bench) == ("refused", "board_silent")


def test_staff_wait_while_a_shopper_stands_at_an_open_door(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    open_door(bench, 8)
    assert result(bench) == ("refused", "busy")
    assert bench.pulses == [7]


def test_nothing_is_opened_when_it_cannot_be_written_first(bench: Bench) -> None:
    bench.command("open", door=7, cause="load", placement=None, session=None)
    bench.fill_disk()
    bench.pass_time(1)
    assert bench.pulses == []
    bench.free_disk()
    bench.pass_time(1)
    assert bench.pulses == [7]


def test_without_staff_at_the_bank_ten_doors_open_in_an_hour_and_no_more(bench: Bench) -> None:
    for number in range(1, 12):
        open_door(bench, number, id=f"command-{number}")
        bench.open.clear()
        bench.pass_time(1)
    assert result(bench, "command-10") == ("done", None)
    assert result(bench, "command-11") == ("refused", "remote_limit")
    bench.restart(told=True)
    open_door(bench, 12, id="command-12")
    assert result(bench, "command-12") == ("refused", "remote_limit")
    bench.elapsed += 3600
    bench.look()
    open_door(bench, 12, id="command-13")
    assert result(bench, "command-13") == ("done", None)


def test_with_staff_at_the_bank_the_limit_does_not_count(bench: Bench) -> None:
    session = present(bench)
    for number in range(1, 13):
        open_door(bench, number, id=f"command-{number}", session=session)
        assert result(bench, f"command-{number}") == ("done", None)
        bench.open.clear()
        bench.pass_time(1)


def test_each_opened_door_keeps_staff_present_for_ten_more_minutes(bench: Bench) -> None:
    session = present(bench)
    bench.elapsed += 590
    open_door(bench, session=session)
    bench.open.clear()
    bench.elapsed += 590
    bench.look()
    assert bench.presence.live(session)
    bench.elapsed += 20
    assert not bench.presence.live(session)


def test_presence_ends_when_told(bench: Bench) -> None:
    session = present(bench)
    bench.command("end_presence", id="end", session=session)
    bench.tick()
    open_door(bench, session=session)
    assert result(bench) == ("refused", "not_present")


def test_the_code_on_the_screen_changes_and_the_one_before_still_counts(bench: Bench) -> None:
    first = bench.presence.shown()[0]
    bench.pass_time(31)
    assert bench.presence.shown()[0] != first
    bench.command("take_presence", code=first, staff="staff-1")
    bench.tick()
    assert result(bench) == ("done", None)
    assert bench.events("presence_taken")[0]["staff"] == "staff-1"


def test_a_code_older_than_a_minute_does_not_count(bench: Bench) -> None:
    first = bench.presence.shown()[0]
    bench.pass_time(61)
    bench.command("take_presence", code=first, staff="staff-1")
    bench.tick()
    assert result(bench) == ("refused", "wrong_presence_code")


def test_a_code_serves_once(bench: Bench) -> None:
    code = bench.presence.shown()[0]
    for number in (1, 2):
        bench.command("take_presence", id=f"command-{number}", code=code, staff="staff-1")
        bench.tick()
    assert result(bench, "command-2") == ("refused", "wrong_presence_code")


def test_five_wrong_presence_codes_close_it_for_five_minutes_across_a_restart(bench: Bench) -> None:
    for number in range(5):
        bench.command("take_presence", id=f"wrong-{number}", code="000000", staff="staff-1")
        bench.tick()
        assert result(bench, f"wrong-{number}") == ("refused", "wrong_presence_code")
    bench.restart(told=True)
    bench.command("take_presence", id="paused", code=bench.presence.shown()[0], staff="staff-1")
    bench.tick()
    assert result(bench, "paused") == ("refused", "presence_paused")
    bench.elapsed += 301
    bench.command("take_presence", id="later", code=bench.presence.shown()[0], staff="staff-1")
    bench.tick()
    assert result(bench, "later") == ("done", None)


def test_no_presence_code_stays_on_the_disk(bench: Bench) -> None:
    code = bench.presence.shown()[0]
    bench.command("take_presence", code=code, staff="staff-1")
    bench.tick()
    assert f'"{code}"' not in "\n".join(bench.journal.db.iterdump())


def test_a_shopper_is_served_while_staff_are_present(bench: Bench) -> None:
    bench.holds(7)
    present(bench)
    assert bench.types() == Verdict("open")
