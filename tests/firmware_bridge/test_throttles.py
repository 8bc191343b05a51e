"""How few guesses there are, whatever is done to the bridge in between."""

from __future__ import annotations

import pytest

from firmware_bridge import access
from firmware_bridge.judge import Verdict
from firmware_bridge.protocol import codes
from tests.firmware_bridge.bench import Bench

RIGHT, WRONG = "047193508", "047000000"
NO = Verdict("no")


def refuse(bench: Bench, times: int, code: str = WRONG) -> None:
    """So many wrong codes, each after whatever pause the kiosk then takes."""
    for _ in range(times):
        bench.elapsed += bench.judge.throttles.kiosk().paused_seconds
        assert bench.handover.present_code(code) == NO


def test_five_refusals_in_a_row_close_the_kiosk_for_half_a_minute_and_each_further_one_doubles_it(bench: Bench) -> None:
    refuse(bench, 5, "048000000")
    assert bench.types(RIGHT) == Verdict("wait", 30)
    pauses = []
    for _ in range(7):
        pauses.append(bench.judge.throttles.kiosk().paused_seconds)
        refuse(bench, 1, "048000000")
    assert pauses == pytest.approx([30, 60, 120, 240, 480, 900, 900], abs=1)


def test_a_right_code_ends_the_row_but_not_the_hour(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 4)
    assert bench.types(RIGHT) == Verdict("open")
    bench.shut(7)
    bench.handover.done()
    bench.pass_time(130, step=10)
    refuse(bench, 4)
    assert bench.judge.throttles.kiosk().paused_seconds == 0
    assert len(bench.journal.rows("SELECT * FROM tries")) == 8


def test_right_codes_never_add_up_to_assist_mode(bench: Bench) -> None:
    bench.journal.db.executemany("INSERT INTO tries (at) VALUES (?)", [(bench.now,)] * 29)
    for number in range(3):
        bench.holds(1 + number % 24, id=f"grant-{number}", selector=100 + number, token=bytes([number]) * 16)
        assert bench.types(f"{100 + number}193508") == Verdict("open")
        bench.open.clear()
        bench.pass_time(0.3)
        bench.handover.done()
    assert not bench.judge.closed()


def test_after_five_wrong_codes_a_grant_rests_five_minutes_even_for_the_right_one(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 5)
    bench.elapsed += 31
    assert bench.types(RIGHT) == NO
    assert bench.events("code_refused")[-1] == {"reason": "paused", "grant": "grant-1"}
    bench.elapsed += 300
    assert bench.types(RIGHT) == Verdict("open")


def test_ten_wrong_codes_lock_a_grant_and_the_service_is_told_once(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 5)
    bench.elapsed += 301
    refuse(bench, 5)
    assert bench.events("grant_locked") == [{"grant": "grant-1"}]
    bench.elapsed += 3600
    assert bench.types(RIGHT) == NO
    assert bench.events("code_refused")[-1]["reason"] == "locked"
    assert len(bench.events("grant_locked")) == 1


def test_the_qr_of_a_locked_grant_still_opens_since_nobody_guesses_it(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 5)
    bench.elapsed += 301
    refuse(bench, 5)
    assert bench.handover.present_scan(codes.write_qr(b"q" * 16)) == Verdict("open")


def test_a_new_code_unlocks_a_locked_grant(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 5)
    bench.elapsed += 301
    refuse(bench, 5)
    bench.elapsed += 3600
    bench.holds(7, version=2, secret=654321)
    assert bench.types("047654321") == Verdict("open")


def test_thirty_refusals_in_an_hour_need_staff_while_scans_still_work(bench: Bench) -> None:
    bench.holds(7)
    bench.journal.db.executemany("INSERT INTO tries (at) VALUES (?)", [(bench.now - 10,)] * 29)
    assert not bench.judge.closed()
    refuse(bench, 1, "048000000")
    assert bench.judge.closed()
    assert bench.types(RIGHT) == Verdict("closed")
    assert bench.pulses == []
    assert bench.handover.present_scan(codes.write_qr(b"q" * 16)) == Verdict("open")


def test_codes_are_taken_again_when_staff_is_present_or_the_hour_is_over(bench: Bench) -> None:
    bench.journal.db.executemany("INSERT INTO tries (at) VALUES (?)", [(bench.now,)] * 30)
    with bench.journal.writing() as db:
        session, _ = bench.presence.take(db, "staff-1")
    assert not bench.judge.closed()
    with bench.journal.writing() as db:
        bench.presence.end(db, session)
    assert bench.judge.closed()
    bench.elapsed += 3601
    assert not bench.judge.closed()


def test_pulling_the_plug_takes_no_count_back(bench: Bench) -> None:
    bench.holds(7)
    refuse(bench, 5)
    bench.restart(told=True)
    assert bench.types(RIGHT).verdict == "wait"
    bench.elapsed += 31
    assert bench.types(RIGHT) == NO
    assert bench.events("code_refused")[-1]["reason"] == "paused"


def test_a_code_is_counted_before_it_is_judged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.holds(7)

    def power_cut(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(codes, "verifier", power_cut)
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            bench.handover.present_code(WRONG)
    monkeypatch.undo()
    bench.restart(told=True)
    assert bench.judge.throttles.kiosk().paused_seconds == 30
    assert bench.journal.rows("SELECT wrong FROM grant_tries")[0]["wrong"] == 5


def test_no_verdict_is_given_when_the_count_cannot_be_written(bench: Bench) -> None:
    bench.holds(7)
    bench.fill_disk()
    assert {bench.handover.present_code(code) for code in (RIGHT, WRONG)} == {Verdict("closed")}
    assert bench.pulses == []


def test_setting_a_wrong_clock_right_does_not_stretch_a_pause(bench: Bench) -> None:
    refuse(bench, 5, "048000000")
    bench.journal.db.execute("UPDATE tries SET at = at + 1e9")
    bench.journal.write("streak_at", str(bench.now + 1e9))
    assert bench.judge.throttles.kiosk().paused_seconds == 30
    bench.elapsed += 31
    refuse(bench, 1, "048000000")
    assert bench.journal.rows("SELECT max(at) AS at FROM tries")[0]["at"] <= bench.now


@pytest.mark.parametrize(("streak", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (9, 480), (10, 900), (10**6, 900)])
def test_the_pause_doubles_and_has_an_end(streak: int, seconds: int) -> None:
    assert access.streak_pause(streak) == seconds
