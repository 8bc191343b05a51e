"""A disk that fills up: nothing is opened that cannot be recorded, and what already moves is recorded to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.changes import Changes
from firmware_bridge.disk import BALLAST, BUDGET, ROOMY, TIGHT, Disk
from firmware_bridge.journal import NotJournaled
from firmware_bridge.kiosk.view import Parts, state
from tests.firmware_bridge.bench import Bench


class Room:
    """So many bytes free as a test says."""

    def __init__(self, free: int = ROOMY) -> None:
        self.free = free

    def __call__(self, folder: Path) -> int:
        return self.free


def tighten(bench: Bench) -> Room:
    room = Room(TIGHT - 1)
    bench.journal.disk = Disk(bench.folder, room)
    bench.journal.upkeep()
    return room


def fill(bench: Bench, size: int) -> None:
    while True:
        bench.journal.append("problem_reported", {"problem": "x" * size})


def screen(bench: Bench) -> dict:
    parts = Parts(
        bench.journal, bench.bank, bench.handover, bench.judge, bench.presence, Changes(), bench.desk, enrolled=True
    )
    return state(parts, 1)


def test_with_little_room_no_code_opens_and_the_kiosk_says_why(bench: Bench) -> None:
    bench.holds(7)
    tighten(bench)
    bench.types()
    assert bench.pulses == []
    assert screen(bench)["trouble"] == "disk"
    assert bench.events("disk_tight")[0]["free"] == TIGHT - 1


def test_the_way_out_stays_open_and_loading_does_not(bench: Bench) -> None:
    tighten(bench)
    bench.command("open", id="in", door=7, cause="load", placement=None, session=None)
    bench.command("open", id="out", door=8, cause="reclaim", placement=None, session=None)
    bench.pass_time(2)
    assert bench.result("in") == {"command": "in", "status": "refused", "code": "not_journaled", "data": {}}
    assert bench.result("out")["status"] == "done"
    assert bench.pulses == [8]
    assert [event["door"] for event in bench.events("door_opened")] == [8]


def test_a_door_already_open_is_recorded_to_its_end(bench: Bench) -> None:
    bench.holds(7)
    bench.types()
    tighten(bench)
    bench.shut(7)
    assert [event["door"] for event in bench.events("door_shut")] == [7]


def test_with_room_again_codes_open_again_but_not_at_the_first_byte(bench: Bench) -> None:
    bench.holds(7)
    room = tighten(bench)
    room.free = TIGHT + 1
    bench.journal.upkeep()
    assert screen(bench)["trouble"] == "disk"
    room.free = ROOMY
    bench.journal.upkeep()
    assert screen(bench)["trouble"] is None
    assert bench.events("disk_roomy") == [{"free": ROOMY}]
    assert bench.types().verdict == "open"


def test_refused_codes_are_left_out_while_room_is_short_and_nothing_else_is(bench: Bench) -> None:
    tighten(bench)
    bench.types("048000000")
    assert bench.events("code_refused") == []
    bench.journal.append("door_opened", {"door": 1})
    assert bench.events("door_opened") == [{"door": 1}]


def test_a_file_system_that_is_full_gives_up_the_reserve_once_and_what_waited_is_written(bench: Bench) -> None:
    bench.holds(7)
    disk = bench.journal.disk = Disk(bench.folder, Room())
    disk.look(0)
    ballast = bench.folder / "ballast"
    assert ballast.stat().st_size == BALLAST
    bench.types()
    pages = bench.journal.rows("PRAGMA page_count")[0][0]
    bench.journal.db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite says SQLITE_FULL, as of a full disk
    for size in (3000, 1):
        with pytest.raises(NotJournaled, match="full"):
            fill(bench, size)
    assert not ballast.exists()
    assert disk.tight
    bench.shut(7)
    assert bench.events("door_shut") == []
    bench.journal.db.execute("PRAGMA max_page_count = 100000")  # the space that the reserve left
    bench.pass_time(1)
    assert [event["door"] for event in bench.events("door_shut")] == [7]


def test_a_journal_beyond_its_budget_counts_as_a_full_disk(tmp_path: Path) -> None:
    disk = Disk(tmp_path, Room())
    assert disk.look(BUDGET + 1)
    assert disk.tight


def test_without_a_reserve_nothing_is_opened_by_code(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "gone", Room())
    disk.look(0)
    assert disk.tight
