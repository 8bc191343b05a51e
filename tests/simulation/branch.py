"""One store of the chain, and what is physically true there: who has whose goods, and which door moved for whom."""

from __future__ import annotations

import random
from typing import Any

from tests.simulation.machines import Machine
from tests.simulation.outside import Clock
from tests.world import PIN, World

WALK_SECONDS = 4.0
"""From an open door to goods in hand and the door pushed shut."""
WRONG_ONE_IN, JAM_ONE_IN, POWER_ONE_IN, STUCK_ONE_IN = 40, 60, 120, 2500


class Branch:
    """Lockers, their bridge, an associate with a badge, and shoppers with codes."""

    def __init__(
        self, number: int, world: World, machine: Machine, clock: Clock, drawn: random.Random, badge: str
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
        self.power_cuts = 0
        self._clock, self._drawn, self._badge = clock, drawn, badge
        self._pulses = 0

    # staff

    def load(self, most: int) -> list[str]:
        """The associate loads what the kiosk's list says until it is empty or no door is free; the pickups loaded."""
        loaded: list[str] = []
        verdict = self.machine.press("staff/sign-in", badge=self._badge, pin=PIN)["verdict"]
        assert verdict == "in", verdict
        todo = [item["pickup"] for item in self._shown()["items"] if item["stage"] == "todo"]
        for pickup in todo:
            if len(loaded) == most:
                break
            answer = self.machine.press("staff/load", pickup=pickup)
            if answer.get("code") == "nothing_free":
                continue
            assert answer == {"ok": True}, answer
            if self._put_in(pickup):
                loaded.append(pickup)
        self.machine.press("staff/sign-out", press="")
        return loaded

    def _put_in(self, pickup: str) -> bool:
        self.machine.work(lambda: self._phase() not in ("opening", "push"))
        job = self._shown()["job"]
        self._only(job["door"], f"staff, for {pickup}")
        if job["phase"] != "open":
            return False
        if job["door"] in self.behind:
            self.wrong.append(f"door {job['door']} was opened to load and held somebody's goods")
        self.lockers.put_item(job["door"])
        self.behind[job["door"]] = pickup
        self._push_shut(job["door"])
        self.machine.press("staff/list", press="")
        return True

    # shoppers

    def collect(self, pickup: str) -> None:
        """The shopper comes with the right code, now and then mistypes it first, and tries again if they must."""
        if self._one_in(WRONG_ONE_IN):
            self._mistype(pickup)
        self._misbehave(pickup)
        for _ in range(3):
            self._type(self.codes[pickup], pickup)
            if pickup in self.with_shopper:
                return
            self.lockers.pass_by(30)
        self.not_served.append(pickup)

    def _type(self, code: str, pickup: str) -> None:
        verdict = self.machine.press("code", code=code)["verdict"]
        if verdict != "open":
            return
        if self._one_in(POWER_ONE_IN):
            self._power_cut()
        else:
            self.machine.work(lambda: self._phase() not in ("opening", "push"))
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
        self.machine.look()
        self._only_one_of(set(), "a wrong code")
        if verdict not in ("no", "wait"):
            self.wrong.append(f"a wrong code was answered {verdict}")

    # what goes wrong

    def _misbehave(self, pickup: str) -> None:
        door = next((door for door, whose in self.behind.items() if whose == pickup), None)
        if door is None:
            return
        if self._one_in(STUCK_ONE_IN):
            self.lockers.misbehave(door=door, stuck=True)
        elif self._one_in(JAM_ONE_IN):
            self.lockers.misbehave(door=door, jam=self._drawn.choice((1, 2)))

    def _power_cut(self) -> None:
        """The plug is pulled somewhere between the pulse and the sensor, and put back while the shopper still waits."""
        self.machine.work(lambda: False, seconds=self._drawn.choice((0.0, 0.02, 0.1, 0.5)))
        self.power_cuts += 1
        self.machine.cut_power()
        self.lockers.pass_by(self._drawn.uniform(2, 40))
        self.machine.start()

    def _push_shut(self, door: int) -> None:
        self.lockers.pass_by(WALK_SECONDS)
        self.lockers.shut_door(door)
        self.machine.work(lambda: self.machine.agent.bank.doors[door].state == "shut")

    def _only(self, door: int, who: str) -> None:
        self._only_one_of({door}, who)

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
