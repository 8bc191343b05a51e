"""The people of a simulated year: shoppers who come, ask for more time or never come, and the store's associate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulation.bank import Door

if TYPE_CHECKING:
    from tests.simulation.year import Year

OF_LISTED = "SELECT p.id, p.state, o.platform_order_id AS number FROM pickups p JOIN orders o ON o.id = p.order_id "
NEVER_COMES, COMES_TOO_LATE, ASKS, SAYS_SO = 7, 4, 5, 4
"""One in so many shoppers."""
AT_ONCE = 8
"""So many orders an associate deals with in an hour."""


@dataclass
class Shopper:
    """What somebody means to do: come at `at` (None: never), ask for more time, say that they are on the way.

    `too_late`: when the time is over.
    """

    at: dt.datetime | None
    asks: bool
    says_so: bool
    too_late: bool


class People:
    """Everybody who stands at the doors, and what they hold in their hands."""

    def __init__(self, year: Year) -> None:
        self.year, self.machine, self.store, self.drawn = year, year.machine, year.machine.store, year.drawn
        self.shoppers: dict[str, Shopper] = {}
        self.gone = 0

    def act(self, *, is_open: bool, staff: bool) -> bool:
        """Everybody does what they mean to; whether anybody did anything."""
        acted = self.come(is_open=is_open)
        return self.staff_act() or acted if staff else acted

    def arrivals(self, now: dt.datetime) -> Iterator[dt.datetime]:
        """When somebody comes who has not come yet."""
        return (each.at for each in self.shoppers.values() if each.at is not None and each.at > now)

    # Shoppers.

    def say(self) -> None:
        """On their page: what is refused is refused in words."""
        for row in self.store.rows(OF_LISTED + "WHERE p.state = 'ready' ORDER BY p.id"):
            shopper = self.shoppers.setdefault(row["id"], self._somebody())
            for wants, deed in ((shopper.asks, "extend"), (shopper.says_so, "on-my-way")):
                if wants and self.drawn.random() < 0.1:
                    with self.store.world.database.reading() as session:
                        token = self.store.world.pickup(session, row["id"]).link_token()
                    answer = self.store.web.post(f"/p/{token}/{deed}", headers={"Accept": "text/html"})
                    assert answer.status_code in (303, 409), answer.text
                    self.year.happened[deed] += 1

    def come(self, *, is_open: bool) -> bool:
        """Whose time it is comes to the store; whether anybody did."""
        now = self.year.clock.now()
        if is_open:
            self._notice_that_it_is_late(now)
        here = {of for of, shopper in self.shoppers.items() if shopper.at is not None and shopper.at <= now}
        if not here:
            return False
        rows = self.store.rows(OF_LISTED + "WHERE p.state IN ('ready', 'expired') ORDER BY p.id")
        states = {row["id"]: row["state"] for row in rows}
        for pickup in here - states.keys():
            if pickup in self.machine.with_shopper or self._is_over(pickup):
                del self.shoppers[pickup]
                self.gone += 1
        for pickup in sorted(here & states.keys()):
            self._fetch(pickup, states[pickup], is_open=is_open)
        return bool(here & states.keys())

    def _notice_that_it_is_late(self, now: dt.datetime) -> None:
        waiting = {of for of, shopper in self.shoppers.items() if shopper.too_late and shopper.at is None}
        if waiting:
            for row in self.store.rows("SELECT id FROM pickups WHERE state = 'expired' AND closed_at IS NULL"):
                if row["id"] in waiting:
                    self.shoppers[row["id"]].at = now

    def _is_over(self, pickup: str) -> bool:
        (row,) = self.store.rows(f"SELECT closed_at FROM pickups WHERE id = '{pickup}'")
        return row["closed_at"] is not None

    def _fetch(self, pickup: str, state: str, *, is_open: bool) -> None:
        if pickup in self.machine.at_counter:
            if is_open and self.store.do(pickup, "hand-over"):
                self.machine.at_counter.discard(pickup)
                self.machine.with_shopper.add(pickup)
                self.year.happened["late"] += state == "expired"
        elif state == "ready":
            for door in self.store.bank.present(pickup, self._grants()):
                self.at_the_door(door)
        elif is_open and self.year.line_is_up:
            self._fetch_late(pickup)

    def _fetch_late(self, pickup: str) -> None:
        """Its time is over: staff open the door for them."""
        for door in self.machine._doors_with(pickup):
            if self.store.do(pickup, "look-inside", door=door.number):
                self.obeyed()
                if pickup not in door.goods:
                    self.machine.with_shopper.add(pickup)
        self.store.bank.sync()
        if self.store.do(pickup, "hand-over-late"):
            self.year.happened["late"] += 1

    def _grants(self) -> dict[str, str]:
        rows = self.store.rows("SELECT id, pickup_id FROM grants WHERE state <> 'closed'")
        return {row["id"]: row["pickup_id"] for row in rows}

    def _somebody(self) -> Shopper:
        number = len(self.shoppers) + self.gone
        never, too_late = number % NEVER_COMES == 2, number % COMES_TOO_LATE == 3
        after = dt.timedelta(hours=self.drawn.expovariate(1 / 32))
        at = None if never or too_late else self.year.clock.now() + after
        return Shopper(at, number % ASKS == 1, number % SAYS_SO == 0, too_late)

    # Staff.

    def staff_act(self) -> bool:
        self._repair()
        work = self.store.rows(OF_LISTED + "WHERE p.closed_at IS NULL AND p.state <> 'ready' ORDER BY p.created_at")
        for row in work[:AT_ONCE]:
            if row["state"] in ("waiting", "reserved"):
                if self.drawn.random() < 0.7:
                    self._load(row["id"])
            elif self.drawn.random() < 0.3:
                self._take_back(row["id"])
        return bool(work)

    def _repair(self) -> None:
        for door in self.store.bank.doors.values():
            if door.stuck and self.drawn.random() < 0.1:
                door.stuck = False
                self.store.repair(door.number)

    def _load(self, pickup: str) -> None:
        if self.store.do(pickup, "open"):
            self.obeyed()
        elif not self.machine._doors_with(pickup) and self.store.do(pickup, "set-aside"):
            self.machine.at_counter.add(pickup)

    def _take_back(self, pickup: str) -> None:
        if self.store.do(pickup, "reclaim"):
            self.obeyed()
            self.store.bank.sync()
        elif pickup in self.machine.at_counter and self.store.do(pickup, "confirm-empty"):
            self.machine.at_counter.discard(pickup)

    def obeyed(self) -> None:
        """The bridge opens what it was asked to, and whoever stands there does what they came for."""
        self.store.bank.sync()
        while command := self.store.bank.next_command():
            self.at_the_door(self.store.bank.obey(command))
        self.store.bank.sync()

    def at_the_door(self, door: Door) -> Any:
        if not door.shut:
            self.machine._handle(door)
            self.store.bank.shut(door)
