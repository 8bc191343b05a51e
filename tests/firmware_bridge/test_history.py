"""What a loading, a handing-out, a tick and a sync cost a bridge does not grow with what it has lived through.

Counted in steps of the journal's own machine and not in seconds: the figure is the same on every computer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bench.opening import FSYNCS
from firmware_bridge.clock import to_iso
from firmware_bridge.protocol.wire import EVENTS_A_SYNC
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.test_staff import Kiosk, order, person
from tests.firmware_bridge.world import grant

DAY = 24 * 3600
PAST, WAITING = 20_000, 20_000
"""Openings of 30 days, and events that wait for the line: more than a bank of 60 doors has."""
GRAIN, STEPS_AN_EVENT = 10, 10


def lives_through(bench: Bench) -> None:
    """30 days of pickups that came and went, most of them told, the last of them still to be told."""
    start = bench.now - 30 * DAY
    at = [start + 30 * DAY * n / PAST for n in range(PAST)]
    errand = json.dumps({"cause": "grant", "attempt": None, "grant": "g", "placement": "p", "command": None})
    with bench.journal.writing() as db:
        db.executemany("INSERT INTO attempts VALUES (?, ?, ?)", [(f"a{n}", f"g{n}", t) for n, t in enumerate(at)])
        db.executemany(
            "INSERT INTO openings VALUES (?, ?, ?, 1, 'opened', ?)",
            [(f"o{n}", n % 24 + 1, errand, t) for n, t in enumerate(at)],
        )
        db.executemany("INSERT INTO intents VALUES (?, 1, ?)", [(f"o{n}", t) for n, t in enumerate(at)])
        db.executemany("INSERT INTO spent VALUES (?, ?, ?, 0)", [(f"p{n}", f"g{n}", t) for n, t in enumerate(at)])
        db.executemany("INSERT INTO grants (id, version) VALUES (?, 1)", [(f"g{n}",) for n in range(PAST)])
        db.executemany(
            "INSERT INTO staff_sessions VALUES (?, 'ada', ?, 1)", [(f"s{n}", t) for n, t in enumerate(at[::10])]
        )
        db.executemany(
            "INSERT INTO commands VALUES (?, '{}', ?, ?, '{}', 1)",
            [(f"c{n}", t, t) for n, t in enumerate(at) if t > bench.now - 7 * DAY],
        )
        for n in range(WAITING // 4):
            told = {"door": n % 24 + 1, "placement": f"k{n}", "grant": f"h{n}", "pickup": f"q{n}", "item": "absent"}
            for kind, cause in (("opened", "load"), ("shut", "load"), ("opened", "grant"), ("shut", "grant")):
                bench.journal.append(f"door_{kind}", {**told, "cause": cause})


def steps(bench: Bench, act: Callable[[], Any]) -> int:
    """How many steps the journal's machine takes for it, to the nearest GRAIN."""
    found = 0

    def count() -> int:
        nonlocal found
        found += GRAIN
        return 0

    bench.journal.db.set_progress_handler(count, GRAIN)
    try:
        act()
    finally:
        bench.journal.db.set_progress_handler(None, 0)
    return found


def one_of_each(bench: Bench, kiosk: Kiosk) -> dict[str, int]:
    """What each thing that a bridge does all day costs now."""
    kiosk.hears(people=[person()], items=[order("1", 7, grant="grant-1"), order("2", 8)], taken=[3])
    with bench.journal.writing() as db:
        bench.grants.apply(db, [grant(7, active=False, now=bench.now), *_others(bench)], reset=False)
    bench.work.occupied()  # whatever waits is read once
    assert kiosk.signs_in() == "in"
    return {
        "load": steps(bench, lambda: kiosk.loads("1")),
        "collect": steps(bench, lambda: _collects(bench)),
        "tick": steps(bench, bench.tick),
        "upkeep": steps(bench, bench.journal.upkeep),
        "command": steps(bench, lambda: _commands(bench)),
        "wrong code": steps(bench, lambda: bench.types("047000000")),
        "sync": steps(bench, kiosk.hears),
        "status": steps(bench, bench.journal.backlog),
    }


def _others(bench: Bench) -> list[dict[str, Any]]:
    return [grant(n, id=f"grant-{n}", selector=100 + n, now=bench.now, token=bytes([n] * 16)) for n in range(13, 23)]


def _collects(bench: Bench) -> None:
    assert bench.types().verdict == "open"
    bench.items.discard(7)
    bench.shut(7)
    bench.handover.done()


def _commands(bench: Bench) -> None:
    bench.command("open", id="command-x", door=9, cause="assist", placement=None, session=None)
    bench.pass_time(0.5)
    bench.shut(9)


@pytest.fixture
def kiosk(bench: Bench) -> Kiosk:
    return Kiosk(bench)


def test_thirty_days_and_a_long_silence_make_nothing_dearer(bench: Bench, kiosk: Kiosk, tmp_path: Any) -> None:
    lives_through(bench)
    old = one_of_each(bench, kiosk)
    (tmp_path / "fresh").mkdir()
    other = Bench(tmp_path / "fresh")
    fresh = one_of_each(other, Kiosk(other))
    other.journal.close()
    fresh["sync"] += EVENTS_A_SYNC * STEPS_AN_EVENT  # it carries as many as it may
    dearer = {what: (fresh[what], cost) for what, cost in old.items() if cost > 1.5 * fresh[what] + 200}
    assert dearer == {}


def test_a_long_silence_is_told_without_reading_it_all_for_every_batch(bench: Bench, kiosk: Kiosk) -> None:
    lives_through(bench)
    bench.work.items()
    costs = []
    for _ in range(5):
        last = bench.journal.events(EVENTS_A_SYNC)[-1]["seq"]
        costs.append(steps(bench, lambda last=last: (kiosk.hears(acked=last), bench.work.occupied())))
    assert max(costs) < 100 * EVENTS_A_SYNC, "some steps for each that it carries, and none for the others"


def test_what_the_line_took_is_forgotten_and_the_rest_is_not(bench: Bench, kiosk: Kiosk) -> None:
    kiosk.hears(items=[order("1", 7), order("2", 8)])
    kiosk.signs_in()
    kiosk.loads("1")
    seq = bench.journal.events(1000)[-1]["seq"]
    kiosk.loads("2")
    assert {7, 8} <= bench.work.occupied()
    kiosk.hears(items=[order("2", 8)], acked=seq, time=to_iso(bench.now))
    assert 7 not in bench.work.occupied()
    assert 8 in bench.work.occupied()
    assert bench.work.get("2").stage == "loaded"


def test_as_many_commits_stand_before_a_pulse_as_the_estimate_for_a_slow_disk_reckons_with(bench: Bench) -> None:
    bench.holds(7)
    said: list[str] = []
    before: list[int] = []
    bench.journal.db.set_trace_callback(said.append)
    fire = bench.bank._fire

    def fires(pulse: Any) -> None:
        before.append(said.count("COMMIT"))
        fire(pulse)

    bench.bank._fire = fires
    assert bench.handover.present_code("047193508").verdict == "open"
    assert before == [FSYNCS]
