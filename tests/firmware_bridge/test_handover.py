"""A shopper at the kiosk, on a clock the test moves."""

from __future__ import annotations

import pytest

from firmware_bridge.handover import NothingToDo
from firmware_bridge.judge import PAY, Verdict
from firmware_bridge.protocol import codes
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.world import grant

QR = codes.write_qr(b"q" * 16)
NO = Verdict("no")


def test_a_right_code_opens_its_door_once(bench: Bench) -> None:
    bench.holds(7)
    assert bench.types() == Verdict("open")
    assert bench.pulses == [7]
    assert bench.phase() == "open"
    opened = bench.events("door_opened")[0]
    assert opened["cause"] == "grant"
    assert opened["grant"] == "grant-1"
    assert opened["placement"] == "grant-1-place-0"
    assert opened["pulses"] == 1


def test_a_right_code_is_not_made_to_wait(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    assert bench.slept == []


REFUSALS = {
    "wrong secret": ({}, "047193509", "wrong_code"),
    "nobody's selector": ({}, "048193508", "unknown_code"),
    "not nine digits": ({}, "------", "unknown_code"),
    "not loaded yet": ({"active": False}, "047193508", "inactive"),
    "too early": ({"starts": 60}, "047193508", "not_yet"),
    "over": ({"ends": -1}, "047193508", "expired"),
    "lease over": ({"lease": -1}, "047193508", "lease_expired"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_says_the_same_after_the_same_time(bench: Bench, name: str) -> None:
    more, typed, reason = REFUSALS[name]
    bench.holds(7, **more)
    before = bench.elapsed
    assert bench.handover.present_code(typed) == NO
    assert bench.elapsed - before == pytest.approx(0.8)
    assert bench.pulses == []
    assert [event["reason"] for event in bench.events("code_refused")] == [reason]


@pytest.mark.parametrize("loaded", [True, False])
def test_who_has_not_paid_is_told_so_and_nothing_opens(bench: Bench, loaded: bool) -> None:
    bench.holds(7, active=loaded, unpaid=True)

    assert bench.types() == PAY
    assert bench.handover.present_scan(QR) == PAY
    assert bench.types("047193509") == NO  # whoever does not know the code learns nothing
    assert bench.pulses == []


def test_once_it_is_paid_the_same_code_opens(bench: Bench) -> None:
    bench.holds(7, unpaid=True)
    bench.types()
    bench.holds(7)

    assert bench.types() == Verdict("open")


def test_a_refusal_always_costs_one_slow_hash(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.holds(7)
    hashed: list[str] = []
    slow = codes.verifier
    monkeypatch.setattr(codes, "verifier", lambda *a: hashed.append(a[1]) or slow(*a))
    for typed in ("047193509", "048193508", "------"):
        bench.handover.present_code(typed)
    assert len(hashed) == 3


def test_no_event_ever_holds_a_code(bench: Bench) -> None:
    bench.holds(7)
    bench.types("047193509")
    bench.types("047193508")
    kept = "\n".join(bench.journal.db.iterdump())
    assert "193509" not in kept
    assert "193508" not in kept


def test_a_revoked_grant_opens_nothing(bench: Bench) -> None:
    bench.holds(7)
    bench.revoke()
    assert bench.types() == NO
    assert bench.handover.present_scan(QR) == NO
    assert bench.pulses == []


def test_a_collected_grant_opens_nothing_more(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.shut(7)
    bench.pass_time(130)
    assert bench.types() == NO
    assert bench.pulses == [7]


def test_the_same_door_opens_again_once_within_two_minutes(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.shut(7)
    bench.handover.again()
    bench.pass_time(0.2)
    assert bench.phase() == "open"
    assert bench.pulses == [7, 7]
    bench.shut(7)
    with pytest.raises(NothingToDo):
        bench.handover.again()
    bench.handover.done()
    assert bench.types() == NO


def test_the_code_may_be_typed_again_to_open_again_but_a_scan_may_not(bench: Bench) -> None:
    bench.holds(7)
    bench.handover.present_scan(QR)
    bench.pass_time(0.2)
    bench.shut(7)
    bench.handover.done()
    assert bench.handover.present_scan(QR) == NO
    assert bench.types() == Verdict("open")
    assert bench.pulses == [7, 7]


def test_a_door_that_was_not_seen_to_open_spends_nothing(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.types()
    bench.pass_time(7)
    assert bench.pulses == [7, 7, 7]
    assert bench.events("door_failed")[0]["pulses"] == 3
    assert not bench.bank.doors[7].in_service
    assert bench.grants.spent(bench.grants.get("grant-1")) == {}


def test_a_jammed_door_asks_to_be_pushed_and_is_tried_with_pauses(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.types()
    assert bench.phase() == "opening"
    bench.pass_time(1.5)
    assert bench.phase() == "push"
    assert bench.pulses == [7]
    bench.stuck.clear()
    bench.pass_time(1)
    assert bench.phase() == "open"
    assert bench.pulses == [7, 7]


def test_a_dead_door_sends_the_shopper_to_staff_and_says_so_to_the_store(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.types()
    bench.pass_time(7)
    assert bench.phase() == "failed"
    bench.pass_time(20)
    assert bench.handover.session is None
    assert bench.types() == Verdict("counter")
    assert bench.phase() == "failed"
    assert bench.pulses == [7, 7, 7]
    assert [event["problem"] for event in bench.events("problem_reported")] == ["not_open", "not_open"]


def test_a_door_that_opens_late_after_all_was_opened_by_its_grant(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.types()
    bench.pass_time(8)
    bench.open.add(7)
    bench.pass_time(0.2)
    assert bench.phase() == "open"
    assert bench.events("door_opened")[0]["cause"] == "grant"
    assert bench.bank.doors[7].in_service


def test_doors_of_one_order_open_one_after_another(bench: Bench) -> None:
    bench.holds(7, 20)
    bench.types()
    bench.pass_time(5)
    assert bench.pulses == [7]
    bench.shut(7)
    assert bench.pulses == [7, 20]
    assert bench.handover.session.doors_left == 0


def test_the_shopper_may_ask_for_the_next_door_before_shutting_the_first(bench: Bench) -> None:
    bench.holds(7, 20)
    bench.types()
    bench.handover.next()
    bench.pass_time(0.2)
    assert bench.pulses == [7, 20]
    with pytest.raises(NothingToDo):
        bench.handover.next()


def test_what_is_left_can_be_fetched_with_the_same_code(bench: Bench) -> None:
    bench.holds(7, 20)
    bench.types()
    bench.handover.done()
    bench.open.discard(7)
    bench.pass_time(1)
    assert bench.types() == Verdict("open")
    assert bench.pulses == [7, 20]


def test_revoking_between_two_doors_keeps_the_second_shut(bench: Bench) -> None:
    bench.holds(7, 20)
    bench.types()
    bench.revoke()
    bench.shut(7)
    assert bench.pulses == [7]
    assert bench.phase() == "failed"


def test_goods_at_the_counter_are_announced(bench: Bench) -> None:
    bench.holds(None)
    assert bench.types() == Verdict("counter")
    assert bench.phase() == "counter"
    assert bench.events("counter_arrived") == [{"grant": "grant-1", "placement": "grant-1-place-0"}]


def test_doors_come_before_the_counter(bench: Bench) -> None:
    bench.holds(None, 7)
    assert bench.types() == Verdict("open")
    bench.shut(7)
    assert bench.phase() == "counter"


def test_nobody_is_served_while_a_door_opens_or_stands_open(bench: Bench) -> None:
    bench.holds(7)
    bench.holds(8, id="grant-2", selector=48, token=b"r" * 16)
    bench.types()
    assert bench.types("048193508") == Verdict("busy")
    assert bench.pulses == [7]
    bench.pass_time(61)
    assert bench.types("048193508") == Verdict("open")


def test_a_door_left_open_is_reported_once(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.pass_time(200, step=1)
    left = bench.events("door_left_open")
    assert len(left) == 1
    assert left[0]["grant"] == "grant-1"
    assert left[0]["seconds"] == pytest.approx(180, abs=2)


def test_a_session_ends_half_a_minute_after_the_last_door_is_shut(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.shut(7)
    bench.pass_time(29)
    assert bench.phase() == "shut"
    bench.pass_time(2)
    assert bench.handover.session is None


def test_a_silent_board_is_not_pulsed_blindly(bench: Bench) -> None:
    bench.holds(7)
    bench.silent = True
    bench.look(3)
    assert bench.types() == Verdict("counter")
    assert bench.phase() == "failed"
    assert bench.pulses == []
    assert bench.bank.doors[7].in_service


def test_a_board_that_falls_silent_under_way_leaves_the_outcome_unknown_until_it_speaks(bench: Bench) -> None:
    bench.holds(7)
    bench.stuck.add(7)
    bench.handover.present_code("047193508")
    bench.silent = True
    bench.pass_time(3)
    assert bench.phase() == "failed"
    assert bench.events("door_failed") == []
    bench.silent = False
    bench.pass_time(1)
    assert bench.pulses == [7]
    assert bench.events("door_unknown")[-1]["reading"] == "shut"


def test_nothing_opens_when_the_intent_cannot_be_written(bench: Bench) -> None:
    bench.holds(7)
    bench.fill_disk()
    assert bench.handover.present_code("047193508") == Verdict("closed")
    assert bench.pulses == []
    bench.free_disk()
    assert bench.types() == Verdict("open")


def test_what_a_door_does_while_the_disk_is_full_is_written_later(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    bench.fill_disk()
    bench.shut(7)
    bench.free_disk()
    assert bench.events("door_shut") == []
    bench.pass_time(0.2)
    assert [event["door"] for event in bench.events("door_shut")] == [7]


def test_an_unexpected_opening_is_told_as_one(bench: Bench) -> None:
    bench.open.add(3)
    bench.pass_time(0.2)
    assert bench.events("door_opened")[0]["cause"] == "unexpected"
    bench.shut(3)
    assert bench.events("door_shut")[0]["cause"] == "unexpected"


def test_problems_name_the_door_in_question(bench: Bench) -> None:
    bench.handover.problem("help")
    bench.holds(7)
    bench.types()
    bench.handover.problem("empty")
    assert bench.events("problem_reported") == [
        {"grant": None, "placement": None, "door": None, "problem": "help"},
        {"grant": "grant-1", "placement": "grant-1-place-0", "door": 7, "problem": "empty"},
    ]


def test_a_grant_that_cannot_be_read_does_not_stop_the_others(bench: Bench) -> None:
    broken = {**grant(9, id="grant-2", now=bench.now), "valid_until": "tomorrow"}
    with bench.journal.writing() as db:
        bench.grants.apply(db, [broken, {"id": 5}, "nonsense", grant(7, now=bench.now)], reset=False)
    assert bench.types() == Verdict("open")


def test_a_reset_forgets_every_other_grant(bench: Bench) -> None:
    bench.holds(7)
    with bench.journal.writing() as db:
        bench.grants.apply(db, [grant(8, id="grant-2", selector=48, now=bench.now)], reset=True)
    assert bench.types() == NO
    assert bench.types("048193508") == Verdict("open")


def test_an_older_version_of_a_grant_changes_nothing(bench: Bench) -> None:
    bench.holds(7, version=2)
    bench.holds(8, version=1)
    bench.types()
    assert bench.pulses == [7]
