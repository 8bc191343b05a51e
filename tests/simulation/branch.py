"""One store of the chain, and what is physically true there: who has whose goods, and which door moved for whom."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.simulation.machines import Machine
from tests.simulation.mishaps import SHOPPER_DIES_AT, STAFF_DIE_AT, Deaths, Died, Mishaps
from tests.world import PIN, World

WALK_SECONDS = 4.0
"""From an open door to goods in hand and the door pushed shut."""
TRIES = 3
SIZES = ("S", "M", "L", "XL")
STAFF_DEATH_ONE_IN = 60


class Branch:
    """Lockers, their bridge, an associate with a badge, and shoppers with codes."""

    def __init__(
        self,
        number: int,
        world: World,
        machine: Machine,
        drawn: random.Random,
        badge: str,
        mishaps: Mishaps,
        deaths: Deaths,
    ) -> None:
        self.number, self.world, self.machine = number, world, machine
        self.lockers = machine.lockers
        self.ordered: list[str] = []
        self.codes: dict[str, str] = {}
        """What each pickup's shopper types."""
        self.behind: dict[int, str] = {}
        """Whose goods are behind which door, as a person who put them there knows."""
        self.with_shopper: set[str] = set()
        self.not_served: list[str] = []
        self.wrong: list[str] = []
        """What should never have happened, in sentences."""
        self._drawn, self._badge, self._mishaps, self._deaths = drawn, badge, mishaps, deaths
        self._pulses = 0

    # staff

    def load(self, most: int, *, dying: int = 0) -> list[str]:
        """The associate loads what the kiosk's list says until it is empty or no door is free; the pickups loaded.

        Now and then the bridge dies meanwhile, with `dying` certainly so many times; they sign in again and go on.
        """
        loaded: list[str] = []
        self._sign_in()
        full = len(SIZES)
        for item in [item for item in self._shown()["items"] if item["stage"] == "todo"]:
            if len(loaded) == most or not full:
                break
            if SIZES.index(item["size"]) >= full:
                continue
            point = self._mishaps.point(STAFF_DIE_AT) if dying > 0 or self._one_in(STAFF_DEATH_ONE_IN) else None
            dying -= 1
            if not self._load_one(item["pickup"], point):
                full = SIZES.index(item["size"])  # and so for all larger ones
            elif item["pickup"] in self.behind.values():
                loaded.append(item["pickup"])
        self.machine.press("staff/sign-out", press="")
        self.machine.look()
        return loaded

    def _sign_in(self) -> None:
        verdict = self.machine.press("staff/sign-in", badge=self._badge, pin=PIN)["verdict"]
        assert verdict == "in", verdict

    def _load_one(self, pickup: str, dies_at: str | None) -> bool:
        """False when there is no door for it."""
        for _ in range(TRIES):
            try:
                with self._deaths.at(dies_at):
                    if dies_at in ("badge_counted", "signed_in"):
                        self.machine.press("staff/sign-out", press="")
                        self._sign_in()
                    answer = self.machine.press("staff/load", pickup=pickup)
                    if answer.get("code") == "nothing_free":
                        return False
                    assert answer == {"ok": True}, answer
                    if self._put_in(pickup):
                        return True
            except Died:
                self._mishaps.note(f"staff_{dies_at}")
                dies_at = None
                self._starts_again()
                self._sign_in()
                if self._is_loaded(pickup):
                    return True
        return True

    def _put_in(self, pickup: str) -> bool:
        """Whether the door opened."""
        self.machine.work(lambda: self._phase() not in ("opening", "push"))
        job = self.machine.agent.desk.handling.job
        assert job is not None
        self._only_one_of({job.door}, f"staff, for {pickup}")
        if job.session.phase != "open":
            return False
        if self.behind.get(job.door, pickup) != pickup:
            self.wrong.append(f"door {job.door} was opened to load and held somebody's goods")
        self.lockers.put_item(job.door)
        self.behind[job.door] = pickup
        self._push_shut(job.door)
        self.machine.press("staff/list", press="")
        return True

    def _is_loaded(self, pickup: str) -> bool:
        """Whether the kiosk has kept what was done for it, now that it runs again."""
        items = {item["pickup"]: item["stage"] for item in self._shown()["items"]}
        doors = [door for door, whose in self.behind.items() if whose == pickup]
        self._only_one_of({*doors, *(box.number for box in self.lockers.standing_open())}, f"staff, for {pickup}")
        if doors and items[pickup] != "loaded" and self.lockers.compartments[doors[0]].shut:
            self.wrong.append(f"{pickup} is behind door {doors[0]}, and the kiosk says {items[pickup]}")
        return items[pickup] == "loaded"

    # shoppers

    def collect(self, pickup: str, *, spared: frozenset[str] = frozenset()) -> None:
        """The shopper comes with the right code; what the deck holds for this visit befalls them, but `spared`."""
        self.machine.look()
        what = self._mishaps.visit() - spared
        if "wrong_code" in what:
            self._mistype(pickup)
        self._misbehave(pickup, what)
        for _ in range(TRIES):
            self._type(self.codes[pickup], pickup, what)
            if pickup in self.with_shopper:
                return
            self.lockers.pass_by(30)
            what = what - {"cut", "cut_before_sensor", "killed"}
        self.not_served.append(pickup)

    def _type(self, code: str, pickup: str, what: frozenset[str]) -> None:
        dies_at = self._mishaps.point(SHOPPER_DIES_AT) if "killed" in what else None
        try:
            with self._deaths.at(dies_at):
                verdict = self.machine.press("code", code=code)["verdict"]
                if verdict != "open":
                    return
                if "cut_before_sensor" in what:
                    self._cut_before_sensor()
                elif "cut" in what:
                    self.machine.work(lambda: False, seconds=self._drawn.uniform(0, 0.5))
                    self._mishaps.note("cut")
                    self._starts_again()
                else:
                    self.machine.work(lambda: self._phase() not in ("opening", "push"))
        except Died:
            self._mishaps.note("killed")
            self._mishaps.note(f"shopper_{dies_at}")
            self._starts_again()
        self._take_all(pickup)
        if self._phase() is not None:
            self.machine.press("done")
        self.machine.look()

    def _take_all(self, pickup: str) -> None:
        """Take what stands open; further doors open one after another."""
        mine = {door for door, whose in self.behind.items() if whose == pickup}
        self._only_one_of(mine, f"the shopper of {pickup}")
        for box in self.lockers.standing_open():
            if self.behind.get(box.number) != pickup:
                self.wrong.append(f"door {box.number} opened to a shopper whose goods are not in it")
                continue
            self.lockers.take_item(box.number)
            del self.behind[box.number]
            self._push_shut(box.number)
        if mine and pickup not in self.behind.values():
            self.with_shopper.add(pickup)

    def _mistype(self, pickup: str) -> None:
        code = self.codes[pickup]
        wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
        verdict = self.machine.press("code", code=wrong)["verdict"]
        self._mishaps.note("wrong_code")
        self.machine.look()
        self._only_one_of(set(), "a wrong code")
        if verdict not in ("no", "wait"):
            self.wrong.append(f"a wrong code was answered {verdict}")

    # what goes wrong

    def speak(self, dies_at: str | None = None) -> bool:
        """Sync until nothing is left to carry; False when the line failed, or when the bridge died of it."""
        try:
            with self._deaths.at(dies_at):
                return self.machine.speak()
        except Died as died:
            self._mishaps.note(str(died))
            self._starts_again()
            return False

    def _misbehave(self, pickup: str, what: frozenset[str]) -> None:
        door = next((door for door, whose in self.behind.items() if whose == pickup), None)
        if door is None:
            return
        if "stuck" in what:
            self.lockers.misbehave(door=door, stuck=True)
            self._mishaps.note("stuck")
        elif "jam" in what:
            self.lockers.misbehave(door=door, jam=self._drawn.choice((1, 2)))
            self._mishaps.note("jam")

    def _cut_before_sensor(self) -> None:
        """The plug is pulled when the coil has pulled and no sensor has said anything yet."""
        before = self._pulses
        self.machine.work(lambda: len(self.lockers.pulses) > before, seconds=1)
        unseen = self.machine.journal.rows("SELECT 1 FROM openings WHERE outcome IS NULL")
        if len(self.lockers.pulses) > before and unseen:
            self._mishaps.note("cut_before_sensor")
        self._starts_again()

    def _starts_again(self) -> None:
        """Nothing that moves afterwards may be the bridge's own idea."""
        self.machine.cut_power()
        self.lockers.pass_by(self._drawn.uniform(2, 40))
        pulses = len(self.lockers.pulses)
        self.machine.start()
        self.machine.look()
        if len(self.lockers.pulses) != pulses:
            self.wrong.append("started again, the bridge pulsed a door by itself")

    def _push_shut(self, door: int) -> None:
        self.lockers.pass_by(WALK_SECONDS)
        self.lockers.shut_door(door)
        self.machine.work(lambda: self.machine.agent.bank.doors[door].state == "shut")

    # what is held against it

    def unmeant(self) -> list[str]:
        """Doors that were pulsed oftener than the bridge had written down that it meant to."""
        meant = Counter(
            row["door"]
            for row in self.machine.journal.rows("SELECT o.door FROM intents i JOIN openings o ON o.id = i.opening")
        )
        pulsed = Counter(pulse.door for pulse in self.lockers.pulses)
        return [
            f"door {door} was pulsed {n} times, and meant {meant[door]} times" for door, n in (pulsed - meant).items()
        ]

    def _only_one_of(self, doors: set[int], who: str) -> None:
        """Every coil that pulled since the last look pulled for one of these doors."""
        pulses = self.lockers.pulses[self._pulses :]
        self._pulses = len(self.lockers.pulses)
        self.wrong += [f"door {each.door} was pulsed for {who}" for each in pulses if each.door not in doors]

    def _shown(self) -> Any:
        """What the kiosk shows the associate."""
        return self.machine.agent.desk.view()

    def _phase(self) -> str | None:
        session: Any = self.machine.agent.handover.session
        return session.phase if session else None

    def _one_in(self, many: int) -> bool:
        return self._drawn.randrange(many) == 0
