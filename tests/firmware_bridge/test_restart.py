"""A power cut at any moment: nothing is pulsed afterwards, and what is not known is said to be unknown."""

from __future__ import annotations

from tests.firmware_bridge.bench import Bench


def test_an_attempt_cut_short_is_resolved_by_looking_and_pulses_nothing(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.handover.present_code("047193508")
    bench.restart(told=True)
    bench.pass_time(10)
    assert bench.pulses == [7]
    unknown = bench.events("door_unknown")[0]
    assert (unknown["door"], unknown["grant"], unknown["pulses"], unknown["reading"]) == (7, "grant-1", 1, "shut")
    assert bench.handover.session is None
    assert bench.types().verdict == "open"


def test_a_door_found_open_after_a_restart_was_opened_by_the_attempt_that_was_cut_short(bench: Bench) -> None:
    bench.holds(7)
    bench.handover.present_code("047193508")
    bench.restart(told=True)
    opened = bench.events("door_opened")[0]
    assert (opened["cause"], opened["grant"], opened["pulses"]) == ("grant", "grant-1", 1)
    bench.shut(7)
    assert bench.events("door_shut")[0]["grant"] == "grant-1"


def test_a_command_cut_short_is_answered_unknown_and_never_obeyed_again(bench: Bench) -> None:
    bench.stuck.add(7)
    bench.command("open", door=7, cause="load", placement=None, session=None)
    bench.tick()
    assert bench.pulses == [7]
    bench.restart(told=True)
    bench.command("open", door=7, cause="load", placement=None, session=None)
    bench.pass_time(5)
    assert bench.result()["status"] == "unknown"
    assert bench.pulses == [7]
    assert bench.events("door_unknown")[0]["command"] == "command-1"


def test_a_command_that_was_only_received_is_obeyed_after_a_restart_while_it_is_valid(bench: Bench) -> None:
    bench.command("open", door=7, cause="load", placement=None, session=None)
    bench.restart(told=True)
    bench.pass_time(1)
    assert bench.result()["status"] == "done"
    assert bench.pulses == [7]


def test_a_door_shut_while_the_bridge_was_off_is_reported_with_the_cause_of_its_opening(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.open.discard(7)
    bench.restart(told=True)
    shut = bench.events("door_shut")[0]
    assert (shut["door"], shut["cause"], shut["grant"]) == (7, "grant", "grant-1")


def test_a_door_opened_while_the_bridge_was_off_is_unexpected(bench: Bench) -> None:
    bench.pass_time(1)
    bench.open.add(3)
    bench.restart(told=True)
    assert bench.events("door_opened")[0]["cause"] == "unexpected"


def test_spent_placements_and_doors_out_of_service_are_remembered(bench: Bench) -> None:
    bench.holds(7)
    bench.holds(8, id="grant-2", selector=48, token=b"r" * 16)
    bench.stuck.add(8)
    bench.types()
    bench.shut(7)
    bench.handover.done()
    bench.types("048193508")
    bench.pass_time(8)
    bench.pass_time(120, step=5)
    bench.restart(told=True)
    assert not bench.bank.doors[8].in_service
    assert bench.types().verdict == "no"


def test_events_are_numbered_without_a_gap_across_restarts_and_pruning(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.shut(7)
    bench.journal.prune(1)
    bench.restart(told=True)
    bench.journal.prune(2)
    bench.journal.append("problem_reported", {})
    assert [event["seq"] for event in bench.journal.events(10)] == [3]


def test_time_never_runs_backwards_and_is_uncertain_until_the_service_was_heard(bench: Bench) -> None:
    bench.elapsed += 5000
    told = bench.journal.clock.now()
    bench.journal.write("floor", str(told))
    bench.journal.clock.believe(told - 1000)
    assert bench.journal.clock.now() >= told
    bench.restart()
    bench.elapsed -= 4000
    assert bench.journal.clock.state == "uncertain"
    assert bench.journal.clock.now() >= told


def test_an_end_that_has_passed_stays_passed_while_the_clock_is_uncertain(bench: Bench) -> None:
    bench.holds(7, ends=60)
    bench.elapsed += 120
    bench.journal.write("floor", str(bench.now))
    bench.restart()
    bench.elapsed -= 120
    assert bench.types().verdict == "no"


def test_a_start_that_seems_to_lie_ahead_does_not_shut_a_shopper_out_while_the_clock_is_uncertain(bench: Bench) -> None:
    bench.holds(7, starts=60)
    bench.restart()
    assert bench.types().verdict == "open"
