"""Three days without the internet, and a line that drops for seconds by the thousand before and after them."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from firmware_bridge.backoff import Backoff
from tests.simulation.branch import Branch
from tests.simulation.chain import Chain, open_chain
from tests.simulation.mishaps import SYNC_DIES_AT

HOUR = 3600.0
OUTAGE_HOURS = 72
ROUND_HOURS = 5
"""So often an associate loads what there is room for."""
MARGIN_HOURS = 4
"""Before the end of the outage, in which nothing new is loaded, so that every shopper comes within it."""
DROP_SECONDS = (1, 20)
LOADED_AT_ONCE = 2
STAFF_DEATHS = 3
"""So often each bridge dies under the hands of whoever loads first."""


@dataclass(frozen=True)
class Size:
    """How much happens. `pickups` are those of the outage, `drops` those of the line before it, and again after."""

    stores: int
    doors: int
    pickups: int
    drops: int


FULL = Size(stores=10, doors=500, pickups=5_000, drops=500)
SMALL = Size(stores=2, doors=32, pickups=32, drops=16)


@dataclass
class Figures:
    """What came of it. `wrong` holds sentences about what should never have happened; none when all is well."""

    seed: int
    due: int = 0
    """Pickups loaded during the outage, or before it, whose shopper came during it with a code the bridge held."""
    served: int = 0
    drops: int = 0
    drop_pickups: int = 0
    drop_served: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    """What the drops took: requests, and answers to requests that the service had heard."""
    happened: dict[str, int] = field(default_factory=dict)
    """Of `mishaps`, by kind, and by the point at which a bridge was killed."""
    events: int = 0
    """Of the outage: what the bridges held when the line came back."""
    in_order: int = 0
    """Of these, how many the service stored once, at their number, as they were."""
    minutes: float = 0.0
    """From the line's return until the last of them was acknowledged, on the virtual clock."""
    seconds: float = 0.0
    """Real ones, all stores' catching up together."""
    wrong: list[str] = field(default_factory=list)

    @property
    def events_a_second(self) -> float:
        """In real time, service and bridges together in one process."""
        return self.events / self.seconds if self.seconds else 0.0

    def written(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "events_a_second": round(self.events_a_second)}


class Agenda:
    """What happens when, drawn beforehand; who is late is served as soon as it is their turn."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, moment: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._order), what))

    def now(self) -> float:
        return self._chain.clock.now().timestamp()

    def run(self) -> None:
        """Until there is nothing left."""
        while self._due:
            moment, _, what = heapq.heappop(self._due)
            self._chain.clock.pass_by(max(0.0, moment - self.now()))
            what()


def outage(url: str, folder: Path, size: Size, seed: int) -> Figures:
    """Live through it on a migrated, empty database."""
    figures = Figures(seed)
    spare = LOADED_AT_ONCE * size.stores * max(1, size.drops // (8 * LOADED_AT_ONCE * size.stores))
    doors = size.doors // size.stores
    visits = size.pickups + 2 * spare
    with open_chain(url, folder, stores=size.stores, doors=doors, visits=visits, seed=seed) as chain:
        chain.order(visits // size.stores)
        drops(chain, size.drops, spare, figures)
        whole_outage(chain, size, figures)
        catch_up(chain, figures)
        drops(chain, size.drops, spare, figures)
        settle(chain)
        figures.happened = dict(sorted(chain.mishaps.happened.items()))
        figures.lost = dict(chain.wire.lost)
        figures.wrong += chain.wrong() + disagreements(chain)
        for branch in chain.branches:
            figures.wrong += [f"store {branch.number}: {what}" for what in (*branch.wrong, *branch.unmeant())]
    return figures


def drops(chain: Chain, many: int, pickups: int, figures: Figures) -> None:
    """So many drops, an associate or a shopper at the lockers during some of them; nobody may notice."""
    waiting: list[tuple[Branch, str]] = []
    for number in range(many):
        branch = chain.branches[number // 4 % len(chain.branches)]
        branch.machine.line.drop(chain.drawn.uniform(*DROP_SECONDS))
        if number % 4 == 1 and pickups > 0:
            loaded = branch.load(LOADED_AT_ONCE)
            waiting += [(branch, pickup) for pickup in loaded]
            pickups -= len(loaded)
        if waiting and number % 4 != 1:
            _served_in_a_drop(*waiting.pop(0), figures)
        _speak_until_heard(chain, branch)
        chain.clock.pass_by(chain.drawn.uniform(5, 60))
    figures.drops += many
    chain.work()


def _served_in_a_drop(branch: Branch, pickup: str, figures: Figures) -> None:
    # All of them must be served: a door that is truly stuck says nothing about the line.
    branch.collect(pickup, spared=frozenset({"stuck"}))
    figures.drop_pickups += 1
    figures.drop_served += pickup in branch.with_shopper


def _speak_until_heard(chain: Chain, branch: Branch) -> None:
    backoff = Backoff(chain.drawn.uniform)
    while not branch.speak():
        chain.clock.pass_by(backoff.next())


def whole_outage(chain: Chain, size: Size, figures: Figures) -> None:
    """Associates load round by round, shoppers come, and no line carries anything."""
    agenda = Agenda(chain)
    begin, end = agenda.now(), agenda.now() + OUTAGE_HOURS * HOUR
    due: list[tuple[Branch, str]] = []

    def come(branch: Branch, pickup: str) -> None:
        due.append((branch, pickup))
        branch.collect(pickup)

    def load(branch: Branch) -> None:
        dying = 0 if loaded[branch.number] else STAFF_DEATHS
        for pickup in branch.load(size.pickups // size.stores - loaded[branch.number], dying=dying):
            loaded[branch.number] += 1
            latest = min(agenda.now() + ROUND_HOURS * HOUR, end - HOUR)
            agenda.at(chain.drawn.uniform(agenda.now() + 60, latest), lambda pickup=pickup: come(branch, pickup))
        branch.speak()  # in vain, like every other time

    def sweep() -> None:
        chain.work()
        chain.sweep()

    loaded = [0] * len(chain.branches)
    for branch in chain.branches:
        branch.machine.line.cut = True
        moment = begin + chain.drawn.uniform(0, HOUR)
        while moment < end - MARGIN_HOURS * HOUR:
            agenda.at(moment, lambda branch=branch: load(branch))
            moment += ROUND_HOURS * HOUR
    for hours in range(1, OUTAGE_HOURS, 12):
        agenda.at(begin + hours * HOUR, sweep)
    agenda.run()
    chain.clock.pass_by(max(0.0, end - agenda.now()))
    figures.due = len(due)
    figures.served = sum(pickup in branch.with_shopper for branch, pickup in due)


def catch_up(chain: Chain, figures: Figures) -> None:
    """The line is back, not without drops; count what arrives, how soon, and whether it is what happened."""
    held = {branch.number: branch.machine.journal.events(10**6) for branch in chain.branches}
    begin, started = chain.clock.now(), time.perf_counter()
    agenda = Agenda(chain)

    def speak(branch: Branch, backoff: Backoff) -> None:
        if chain.drawn.random() < 0.2:
            branch.machine.line.drop(chain.drawn.uniform(*DROP_SECONDS))
        dies_at = next((point for point in SYNC_DIES_AT if not chain.mishaps.happened[point]), None)
        if not branch.speak(dies_at):
            agenda.at(agenda.now() + backoff.next(), lambda: speak(branch, backoff))

    for branch in chain.branches:
        branch.machine.line.cut = False
        # It has tried in vain for long: its pauses are as long as they get.
        backoff = Backoff(chain.drawn.uniform)
        pauses = [backoff.next() for _ in range(10)]
        agenda.at(agenda.now() + pauses[-1], lambda branch=branch, backoff=backoff: speak(branch, backoff))
    agenda.run()
    figures.seconds = time.perf_counter() - started
    figures.minutes = (chain.clock.now() - begin).total_seconds() / 60
    for branch in chain.branches:
        stored = chain.rows(
            "SELECT e.seq, e.kind, e.at, e.data FROM device_events e JOIN bridges b ON b.id = e.bridge_id"
            f" WHERE b.bank_id = '{branch.world.bank_id}' AND b.revoked_at IS NULL ORDER BY e.seq"
        )
        by_number = {row["seq"]: (row["kind"], row["data"]) for row in stored}
        figures.events += len(held[branch.number])
        figures.in_order += sum(
            by_number.get(event["seq"]) == (event["kind"], event["data"]) for event in held[branch.number]
        )


def settle(chain: Chain) -> None:
    """Whatever was put off is done, and told."""
    for _ in range(3):
        for branch in chain.branches:
            branch.machine.look()
            assert branch.machine.speak()
        chain.work()
        chain.sweep()
        chain.clock.pass_by(600)


def disagreements(chain: Chain) -> list[str]:
    """Where service, bridge and the world are not of one mind, unless a person is asked to look."""
    asked = {row["subject_id"] for row in chain.rows("SELECT subject_id FROM tasks WHERE settled_at IS NULL")}
    states = {row["id"]: row["state"] for row in chain.rows("SELECT id, state FROM pickups")}
    found = []
    for branch in chain.branches:
        name = f"store {branch.number}"
        if branch.machine.journal.backlog()[0]:
            found.append(f"{name}: events have not been taken")
        for pickup in branch.not_served:
            if pickup not in asked:
                found.append(f"{name}: {pickup} could not be handed out, and nobody is asked to help")
        for pickup in branch.with_shopper:
            if states[pickup] != "collected" and pickup not in asked:
                found.append(f"{name}: {pickup} is with its shopper and {states[pickup]}")
        found += [f"{name}: {what}" for what in _doors_apart(chain, branch)]
    return found


def _doors_apart(chain: Chain, branch: Branch) -> list[str]:
    found = []
    places = {
        row["number"]: row["pickup_id"]
        for row in chain.rows(
            "SELECT c.number, p.pickup_id FROM placements p JOIN compartments c ON c.id = p.compartment_id"
            f" WHERE p.state = 'loaded' AND c.bank_id = '{branch.world.bank_id}'"
        )
    }
    if places != branch.behind:
        apart = {door for door in places.keys() | branch.behind.keys() if places.get(door) != branch.behind.get(door)}
        found.append(f"doors {sorted(apart)} hold other goods than is believed")
    for row in chain.rows(f"SELECT number, door, item FROM compartments WHERE bank_id = '{branch.world.bank_id}'"):
        box = branch.lockers.compartments[row["number"]]
        true = ("shut" if box.shut else "open", "present" if box.goods else "absent")
        if (row["door"], row["item"]) != true:
            found.append(f"door {box.number} is {true}, and is believed {row['door']}, {row['item']}")
    return found
