"""What a service still says of a bank that was wired anew meanwhile is not believed until it has heard of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from firmware_bridge.commission import keep
from firmware_bridge.commission.plan import Placed, Plan
from firmware_bridge.layout import Layout, read_layout
from firmware_bridge.sync import Sync
from tests.firmware_bridge.bench import Bench
from tests.firmware_bridge.test_sync import Answers
from tests.firmware_bridge.world import LAYOUT

OLD = {**LAYOUT, "hash": "old"}
DOORS = [Placed(1, 0, 7, "M", 0, 0), Placed(2, 0, 3, "M", 1, 0)]


class Wired:
    """The bench, and somebody who wires its bank anew as the page does."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.journal.write("layout", json.dumps(LAYOUT))
        self.sync = Sync(bench.journal, bench.bank, bench.grants, bench.commands, self.use)

    def use(self, layout: Layout) -> None:
        self.bench.bank.configure(layout)

    def commissions(self) -> None:
        bench, plan = self.bench, Plan([0], list(DOORS), board="kerong-cu16")
        with bench.bank.lock:
            body = keep.finish(bench.journal, plan, by="Kim", staff=None, manager=None, held=set())
            bench.bank.reopen(read_layout(body), anew=True)

    def hears(self, layout: dict[str, Any], acked: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        answer = Answers(self.bench, layout=layout, acked=acked)
        answer.meanwhile = meanwhile
        self.sync.exchange(answer, 0)

    def newest(self) -> int:
        return self.bench.journal.events(500)[-1]["seq"]

    def coil(self, door: int) -> tuple[int, int]:
        """Where a door hangs, as it is used; the disk says the same."""
        layout = self.bench.bank.layout
        assert layout is not None
        kept = keep.layout(self.bench.journal)
        assert kept["hash"] == layout.hash
        spot = layout.doors[door]
        return spot.board, spot.channel


@pytest.fixture
def wired(bench: Bench) -> Wired:
    return Wired(bench)


def test_an_older_layout_is_passed_over_until_the_commissioning_is_acknowledged(wired: Wired) -> None:
    wired.commissions()
    seq = wired.newest()
    wired.hears(OLD, acked=seq - 1)
    assert wired.coil(1) == (0, 7)
    newer = {**OLD, "hash": "newer", "doors": [{**LAYOUT["doors"][0], "channel": 7}]}
    wired.hears(newer, acked=seq)
    assert wired.coil(1) == (0, 7)
    assert wired.bench.bank.layout.hash == "newer"


def test_after_the_acknowledgement_the_services_word_counts_again(wired: Wired) -> None:
    wired.commissions()
    wired.hears(OLD, acked=wired.newest())
    assert wired.coil(1) == (0, 0)


def test_an_older_layout_that_was_on_its_way_meanwhile_is_passed_over_too(wired: Wired) -> None:
    wired.hears(OLD, acked=0, meanwhile=wired.commissions)
    assert wired.coil(1) == (0, 7)


def test_a_commissioning_that_ends_while_an_older_layout_is_read_is_not_undone(wired: Wired) -> None:
    class ReadLate(dict[str, Any]):
        """A layout during whose reading the wiring is written."""

        def __getitem__(self, name: str) -> Any:
            if name == "doors" and not wired.bench.events("commissioned"):
                wired.commissions()
            return super().__getitem__(name)

    wired.hears(ReadLate(OLD), acked=0)
    assert wired.coil(1) == (0, 7)


def test_a_power_cut_before_the_acknowledgement_changes_nothing_of_that(wired: Wired) -> None:
    wired.commissions()
    wired.bench.restart(told=True)
    again = Sync(wired.bench.journal, wired.bench.bank, wired.bench.grants, wired.bench.commands, wired.use)
    kept = again.kept_layout()
    assert kept is not None
    wired.use(kept)
    again.exchange(Answers(wired.bench, layout=OLD, acked=0), 0)
    assert wired.coil(1) == (0, 7)
