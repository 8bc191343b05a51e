"""What is held to the bridge's own scanner, and what the page learns of it."""

from __future__ import annotations

import pytest

from firmware_bridge.changes import Changes
from firmware_bridge.judge import Verdict
from firmware_bridge.kiosk.scans import Scans
from firmware_bridge.kiosk.view import Parts, state
from firmware_bridge.protocol.codes import write_qr
from tests.firmware_bridge.bench import Bench

QR = write_qr(b"q" * 16)
OTHER = write_qr(b"x" * 16)


@pytest.fixture
def parts(bench: Bench) -> Parts:
    return Parts(
        bench.journal,
        bench.bank,
        bench.handover,
        bench.judge,
        bench.presence,
        Changes(),
        bench.desk,
        enrolled=True,
        online=True,
    )


@pytest.fixture
def scans(parts: Parts) -> Scans:
    return parts.scans


def verdict(scans: Scans) -> tuple[int, str | None] | None:
    return (scans.shown["id"], scans.shown["verdict"]) if scans.shown else None


def test_a_right_qr_opens_its_door_and_the_page_learns_of_it(bench: Bench, parts: Parts) -> None:
    bench.holds(7)
    parts.scans.heard(QR)
    assert bench.pulses == [7]
    assert state(parts, 1)["scan"] == {"id": 1, "verdict": "open", "retry_after": None}


def test_the_page_is_told_while_it_is_judged(bench: Bench, scans: Scans, parts: Parts) -> None:
    seen = []
    scans._changed = lambda: seen.append(verdict(scans))
    scans.heard(OTHER)
    assert seen == [(1, None), (1, "no")]


def test_the_text_itself_is_nowhere_in_the_state(bench: Bench, parts: Parts) -> None:
    bench.holds(7)
    parts.scans.heard(QR)
    assert QR[5:] not in str(state(parts, 1))
    assert QR[5:] not in str(vars(parts.scans))


def test_a_qr_held_to_the_scanner_counts_once(bench: Bench, scans: Scans) -> None:
    for _ in range(8):
        scans.heard(OTHER)
        bench.pass_time(1)
    assert verdict(scans) == (1, "no")
    bench.pass_time(3)
    scans.heard(OTHER)
    assert verdict(scans) == (2, "no")


def test_nothing_is_scanned_while_a_door_is_open(bench: Bench, scans: Scans) -> None:
    bench.holds(7)
    scans.heard(QR)
    bench.open.add(7)
    bench.pass_time(1)
    scans.heard(OTHER)
    scans.heard(None)
    assert verdict(scans) == (1, "open")
    assert bench.handover.session.phase == "open"


def test_a_door_left_open_does_not_keep_the_next_one_out(bench: Bench, scans: Scans) -> None:
    bench.holds(7)
    scans.heard(QR)
    bench.open.add(7)
    bench.pass_time(61)
    scans.heard(OTHER)
    assert verdict(scans) == (2, "no")


def test_the_phone_still_under_the_scanner_changes_nothing_after_the_door_is_shut(bench: Bench, scans: Scans) -> None:
    bench.holds(7)
    scans.heard(QR)
    bench.open.add(7)
    bench.pass_time(1)
    bench.shut(7)
    bench.pass_time(5)
    scans.heard(QR)
    assert verdict(scans) == (1, "open")
    assert bench.handover.session.phase == "shut"


def test_the_next_shopper_may_scan_while_the_thanks_still_stand(bench: Bench, scans: Scans) -> None:
    bench.holds(7)
    scans.heard(QR)
    bench.open.add(7)
    bench.pass_time(1)
    bench.shut(7)
    scans.heard(OTHER)
    assert verdict(scans) == (2, "no")
    assert bench.handover.session is None


@pytest.mark.parametrize("text", [None, "4006381333931", "LKR2:ABC", "LK"])
def test_what_is_not_ours_is_said_to_be_so(scans: Scans, text: str | None) -> None:
    scans.heard(text)
    assert verdict(scans) == (1, "stray")


def test_a_badge_goes_to_whoever_takes_badges(bench: Bench, scans: Scans) -> None:
    shown: list[str] = []

    def take(number: str) -> Verdict:
        shown.append(number)
        return Verdict("no")

    scans.badge = take
    scans.heard("LKS1:A1001")
    assert scans.present("LKS1:A1002").verdict == "no"
    assert shown == ["A1001", "A1002"]
    assert bench.pulses == []


def test_a_scanned_badge_asks_for_its_pin(scans: Scans) -> None:
    scans.heard("LKS1:A1001")
    assert verdict(scans) == (1, "pin")
