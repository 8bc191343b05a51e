"""A damaged journal: set aside, saved from, said loudly; and nothing opens by what cannot be trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firmware_bridge.cloud import Cloud, enrol, load_identity
from firmware_bridge.journal import FAR_AHEAD, DamagedJournal, Journal
from firmware_bridge.salvage import keep_copy, opened_journal
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.fake_cloud import FakeCloud

PAGE = 4096


def damage(path: Path, marker: bytes) -> None:
    """Overwrite the middle of every page that holds `marker` as a bad block would."""
    data = bytearray(path.read_bytes())
    pages = [at for at in range(PAGE, len(data), PAGE) if marker in data[at : at + PAGE]]
    assert pages, "the marker is on no page"
    for at in pages:
        data[at : at + 64] = b"\xff" * 64
    path.write_bytes(data)


def lived_in(bench: Bench) -> Path:
    """A journal with a spent placement, wrong codes, a command obeyed and events nobody took; shut."""
    bench.holds(7)
    bench.types()
    bench.shut(7)
    bench.handover.done()
    for _ in range(3):
        bench.types("048000000")
    bench.command("open", door=8, cause="load", placement=None, session=None)
    bench.pass_time(1)
    bench.journal.write("floor", str(bench.now))
    bench.journal.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bench.journal.close()
    return bench.folder / "journal.db"


def test_a_page_lost_among_the_grants_costs_nothing_but_grants(bench: Bench) -> None:
    path = lived_in(bench)
    damage(path, b'"verifier"')
    with pytest.raises(DamagedJournal):
        Journal(path, "boot-x")
    saved = opened_journal(path, "boot-x")
    assert [row["placement"] for row in saved.rows("SELECT * FROM spent")] == ["grant-1-place-0"]
    assert saved.read("streak") == "3"
    assert len(saved.rows("SELECT * FROM tries")) == 3
    assert saved.rows("SELECT id FROM commands")[0]["id"] == "command-1"
    assert saved.rows("SELECT * FROM grants") == []
    assert saved.read("cursor") is saved.read("layout") is None
    kinds = [row["kind"] for row in saved.rows("SELECT kind FROM events ORDER BY seq")]
    assert {"door_opened", "door_shut", "code_refused"} <= set(kinds)
    assert kinds[-1] == "journal_damaged"
    assert saved.clock.now() >= bench.now - 1
    assert len(list(bench.folder.glob("journal.db.damaged-*"))) == 1
    saved.close()


def test_its_events_wait_until_the_service_says_which_it_holds_and_then_follow_on_without_a_gap(bench: Bench) -> None:
    path = lived_in(bench)
    kept = Journal(path, "before")
    kinds = [event["kind"] for event in kept.events(100)]
    kept.close()
    damage(path, b'"verifier"')
    saved = opened_journal(path, "boot-x")
    assert saved.events(100) == []
    assert saved.rows("SELECT max(seq) AS last FROM events")[0]["last"] > FAR_AHEAD
    saved.acknowledge(2, [])  # the service had taken two of them before
    events = saved.events(100)
    assert [event["seq"] for event in events] == list(range(3, len(kinds) + 2))
    assert [event["kind"] for event in events] == [*kinds[2:], "journal_damaged"]
    saved.append("problem_reported", {})
    assert saved.events(100)[-1]["seq"] == len(kinds) + 2
    saved.close()
    again = Journal(path, "boot-y")
    assert not again.resyncing
    again.close()


def test_nothing_readable_at_all_and_it_is_still_the_same_bridge(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with FakeCloud() as service:
        journal = Journal(path, "boot")
        before = enrol(journal, service.url, service.code)
        keep_copy(journal)
        journal.close()
        path.write_bytes(b"\x00" * 20_000)
        saved = opened_journal(path, "boot-2")
        identity = load_identity(saved)
        assert identity is not None
        assert identity.key.private_bytes_raw() == before.key.private_bytes_raw()
        body = {"cursor": None, "wait": 0, "layout": None, "doors": {}, "events": [], "results": []}
        assert Cloud(identity, service.url, saved.clock).sync(body, 0)["reset"] is True
        assert saved.commands_lost
        saved.close()
    assert (tmp_path / "identity.json").stat().st_mode & 0o077 == 0


def test_commands_from_before_a_loss_are_answered_unknown_and_newer_ones_obeyed(bench: Bench) -> None:
    bench.restart()
    bench.journal.commands_lost = True
    bench.journal.clock.believe(bench.now)
    bench.elapsed += 1
    bench.command("open", id="old", door=7, cause="load", placement=None, session=None)
    row = bench.journal.rows("SELECT body FROM commands")[0]
    early = json.loads(row["body"]) | {"issued_at": "2020-01-01T00:00:00+00:00"}
    bench.journal.db.execute("UPDATE commands SET body = ?", (json.dumps(early),))
    bench.command("open", id="new", door=8, cause="load", placement=None, session=None)
    bench.pass_time(2)
    assert bench.result("old")["status"] == "unknown"
    assert bench.result("new")["status"] == "done"
    assert bench.pulses == [8]


def test_a_sound_journal_is_opened_as_it_is(bench: Bench) -> None:
    path = lived_in(bench)
    same = opened_journal(path, "boot-x")
    assert not same.resyncing
    assert same.rows("SELECT * FROM grants")
    assert list(bench.folder.glob("*damaged*")) == []
    same.close()
