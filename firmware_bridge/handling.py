"""What staff at the kiosk do with orders: load, choose another door, take out, set aside, take back.

Every step is one transaction before any pulse, and one event at least, so that the cloud learns of it in order.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge.access import Placement
from firmware_bridge.bank import Bank, Refused
from firmware_bridge.failpoints import reached
from firmware_bridge.handover import Handover
from firmware_bridge.journal import Journal
from firmware_bridge.openings import Errand
from firmware_bridge.presence import Presence
from firmware_bridge.session import Session
from firmware_bridge.worklist import SIZES, Item, WorkList


@dataclass
class Job:
    """The door staff at the kiosk are at."""

    pickup: str
    action: str
    placement: str
    door: int
    session: Session


@dataclass(frozen=True)
class Found:
    """A scanned order number: the order it means, or why there is none. `id` goes up with every scan."""

    id: int
    pickup: str | None
    refused: str | None


class Handling:
    """One door at a time. What it refuses it says by a stable code: Refused."""

    def __init__(
        self,
        journal: Journal,
        bank: Bank,
        work: WorkList,
        presence: Presence,
        handover: Handover,
        who: Callable[[], tuple[str, str]],
    ) -> None:
        """`who` says the session and the id of whoever is signed in, or raises Refused."""
        self.job: Job | None = None
        self.found: Found | None = None
        """What the last scanned order number came to, since somebody signed in."""
        self.on_change: Callable[[], None] = lambda: None
        self.work = work
        self._journal, self._bank, self._presence, self._handover, self._who = journal, bank, presence, handover, who
        self._mono = journal.clock.mono
        self._list: str | None = None

    def tick(self) -> bool:
        """Follow the door and the list; True when something changed."""
        changed = self.job is not None and self.job.session.look(self._bank.doors.get(self.job.door), self._mono())
        before, self._list = self._list, self.work.hash()
        return changed or before != self._list

    def find(self, text: str) -> None:
        """Look up the order whose number somebody scanned; the page goes there. Raises Refused when nobody is in."""
        with self._bank.lock:
            self._who()
            wanted = _number(text)
            pickup = next((item.pickup for item in self._undone() if wanted and _number(item.name) == wanted), None)
            refused = None if pickup else "not_found"
            if self.job is not None and self.job.session.phase in ("opening", "push", "open"):
                pickup, refused = None, "door_open"
            if pickup is not None:
                self.job = None
            self.found = Found(self.found.id + 1 if self.found else 1, pickup, refused)
        self.on_change()

    # loading

    def load(self, pickup: str) -> None:
        """Open the door this order goes into: the one begun, else the promised one, else the smallest free one."""
        with self._bank.lock:
            item = self._item(pickup, "load", ("todo", "open"))
            begun = next((place for place in item.here if place.state in ("open", "held")), None)
            if begun is not None:
                self._open(item, "load", begun.placement, begun.door)
                return
            occupied = self.work.occupied()
            for place in item.promised:
                if self.work.usable(place.door, occupied):
                    self._open(item, "load", place.id, place.door)
                    return
            self._open(item, "load", str(uuid.uuid4()), self._free(item, item.size))

    def another(self) -> None:
        """Open one more door for the order whose door stands open."""
        with self._bank.lock:
            item, job = self._loading()
            if job.session.phase != "open":
                raise Refused("not_loading")
            self._open(item, "load", str(uuid.uuid4()), self._free(item, item.size))

    def too_small(self) -> None:
        """Give the open door up, and open a larger one; with none free the goods go to the counter, and the page says
        so. What lies behind several doors is not given up for that: Refused."""
        with self._bank.lock:
            item, job = self._loading()
            spot = self._bank.layout.doors[job.door] if self._bank.layout else None
            larger = "".join(SIZES[SIZES.index(spot.size) + 1 :][:1]) if spot and spot.size in SIZES else ""
            door = self._bank.doors[job.door]
            told = {"placement": job.placement, "pickup": item.pickup, "door": job.door, "staff": self._who()[1]}
            told |= {"state": door.state, "item": door.item, "grant": item.grant}
            number = self.work.choose(item, larger, (job.door,))
            if number is None and (item.parcels > 1 or item.is_begun()):
                raise Refused("nothing_free")
            if number is not None:
                self._open(item, "load", str(uuid.uuid4()), number, ("place_given_up", told))
                return
            self._keep("place_given_up", told)
        self.on_change()

    def all_in(self, pickup: str) -> None:
        """Everything went into fewer doors than it was to be spread over."""
        with self._bank.lock:
            item = self._item(pickup, "load", ("todo",))
            if not item.is_begun():
                raise Refused("nothing_inside")
            self._keep("all_in", {"pickup": item.pickup, "staff": self._who()[1]})
        self.on_change()

    def take_out(self, pickup: str) -> None:
        """Open a door that was loaded here, to take the goods out again."""
        with self._bank.lock:
            item = self._item(pickup, "load", ("loaded", "open"))
            place = next((place for place in item.here if place.state == "loaded"), None)
            if place is None:
                raise Refused("nothing_inside")
            self._open(item, "unload", place.placement, place.door)

    def set_aside(self, pickup: str) -> None:
        """The goods go to the counter instead."""
        with self._bank.lock:
            item = self._item(pickup, "load", ("todo", "open"))
            if item.is_begun():
                raise Refused("partly_loaded")
            self._keep("set_aside", {"pickup": item.pickup, "staff": self._who()[1]})
            self.job = None
        self.on_change()

    # taking back

    def reclaim(self, pickup: str) -> None:
        """Open the next door whose goods must come out."""
        with self._bank.lock:
            item = self._item(pickup, "reclaim", ("todo", "look"))
            looked = {place.placement for place in item.here if place.state == "looked"}
            places = sorted(item.inside, key=lambda place: place.id in looked)
            self._open(item, "reclaim", places[0].id, places[0].door)

    def confirm_empty(self, pickup: str) -> None:
        """They looked: nothing is left behind the doors opened to take this order back."""
        with self._bank.lock:
            item = self._item(pickup, "reclaim", ("look",))
            looked = [place for place in item.here if place.state == "looked"]
            if any(self._bank.doors[place.door or 0].state != "shut" for place in looked):
                raise Refused("door_open")
            told = {"pickup": item.pickup, "staff": self._who()[1]}
            self._keep(
                "confirmed_empty", *({**told, "placement": place.placement, "door": place.door} for place in looked)
            )
            self.job = None
        self.on_change()

    def leave_door(self) -> None:
        """Back to the list."""
        with self._bank.lock:
            self._who()
            self.job = None
        self.on_change()

    def view(self) -> dict[str, Any]:
        """What the page shows of it."""
        items, job = self.work.items(), self.job
        mine = next((item for item in items if job and item.pickup == job.pickup), None)
        return {
            "found": self.found and vars(self.found),
            "items": [
                {
                    "pickup": item.pickup,
                    "name": item.name,
                    "size": item.size,
                    "needs": list(item.needs),
                    "action": item.action,
                    "stage": item.stage,
                    "begun": item.is_begun(),
                    "doors": _doors(item),
                }
                for item in items
                if item.stage != "done"
            ],
            "job": job
            and {
                "pickup": job.pickup,
                "name": mine.name if mine else "",
                "action": job.action,
                "door": job.door,
                "phase": job.session.phase,
                "stage": mine.stage if mine else "done",
                "place": next((place.state for place in mine.here if place.placement == job.placement), None)
                if mine
                else None,
            },
        }

    def _undone(self) -> list[Item]:
        return [item for item in self.work.items() if item.stage != "done"]

    def _item(self, pickup: str, action: str, stages: tuple[str, ...]) -> Item:
        self._who()
        item = self.work.get(pickup)
        if item is None or item.action != action or item.stage not in stages:
            raise Refused("not_on_the_list")
        return item

    def _loading(self) -> tuple[Item, Job]:
        job = self.job
        if job is None or job.action != "load":
            raise Refused("not_loading")
        return self._item(job.pickup, "load", ("open",)), job

    def _keep(self, kind: str, *told: dict[str, Any]) -> None:
        """Write down what somebody said; whoever says something is still there."""
        session, _ = self._who()
        with self._journal.writing() as db:
            self._presence.extend(db, session)
            for each in told:
                self._journal.append(kind, each)
        reached("deed_kept")

    def _free(self, item: Item, least: str, not_in: tuple[int, ...] = ()) -> int:
        number = self.work.choose(item, least, not_in)
        if number is None:
            raise Refused("nothing_free" if least in SIZES else "too_big")
        return number

    def _open(
        self,
        item: Item,
        cause: str,
        placement: str,
        number: int | None,
        first: tuple[str, dict[str, Any]] | None = None,
    ) -> None:
        """`first` is an event that belongs into the same transaction, before the pulse."""
        session, staff = self._who()
        if self._handover.shopper_busy():
            raise Refused("busy")
        grant = item.grant if cause in ("load", "unload") else None
        errand = Errand(cause, grant=grant, placement=placement, pickup=item.pickup, staff=staff)

        def begin(db: sqlite3.Connection) -> None:
            self._presence.extend(db, session)
            if first is not None:
                self._journal.append(*first)

        opening = self._bank.open(number or 0, errand, begin)
        self._handover.show_staff(opening)
        stop = Placement(placement, "compartment", opening.door)
        shown = Session(session, "staff", (stop,), opening=opening, since=self._mono())
        shown.look(self._bank.doors.get(opening.door), self._mono())
        self.job = Job(item.pickup, cause, placement, opening.door, shown)
        self.on_change()


def _number(text: str) -> str:
    """An order's number as any of its barcodes may have it: `#1001`, `1001`."""
    return text.strip().removeprefix("#").casefold()


def _doors(item: Item) -> list[int]:
    here = {place.door for place in item.here if place.state in ("open", "held", "loaded", "looked")}
    there = {place.door for place in (item.inside if item.action == "reclaim" else ())}
    return sorted(number for number in here | there if number)
