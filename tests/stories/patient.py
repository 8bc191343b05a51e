"""The people of a journey when something is taken away: they look again, tap again, and type again, as people do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from sandbox.journey import Journey, WentWrong

STEPS = (
    "ordered",
    "reserved",
    "present",
    "asked",
    "open",
    "shut",
    "ready",
    "texting",
    "typed",
    "pulsed",
    "collected",
    "told",
)
"""The points of an order's way at which something may be taken away; `texting`: the provider has the text and has not
answered; `typed`: the code is being judged; `pulsed`: the coil has fired and the door is about to pop open."""
At = Callable[[str], None]
AGAIN_AFTER = 8.0
"""Seconds a person waits before a door before they try again."""


class PatientJourney(Journey):
    """A journey that outlives its processes: what cannot be reached, or is not there yet, is tried again."""

    patience = 100.0

    def whole_way_past(self, at: At) -> str:
        """One order from the shop to the shopper's hands; `at` is called at each step. Returns the order's name."""
        order = self.order()
        at("ordered")
        pickup = self.listed(order)
        at("reserved")
        self.take_presence()
        at("present")
        door = self.open_to_load_past(pickup, at)
        at("open")
        self.put_in_and_shut(door)
        at("shut")
        self.ready(pickup)
        at("ready")
        self.until("the provider asked", lambda: self.texts(order))
        at("texting")
        self.type_past(self.code_in(self.text(order)), at)
        self.take_out_and_shut(self.opened())
        at("collected")
        self.platform_says(order, "picked_up")
        at("told")
        self.until("the pickup over", lambda: self.pickup(pickup)["state"] == "collected")
        return order

    def take_presence(self) -> None:
        """Type the digits the kiosk shows, until they are taken."""
        self.until("presence taken", lambda: self._willing(super(PatientJourney, self).take_presence))

    def open_to_load_past(self, pickup_id: str, at: At) -> int:
        """Ask for a door until one stands open."""
        asked = False

        def try_once() -> int | None:
            nonlocal asked
            try:
                self._post(f"{self.web}/associate/pickups/{pickup_id}/open")
            except WentWrong as problem:
                if "not_present" in str(problem):
                    self.take_presence()
                elif problem.status != 409:
                    raise
                return None
            if not asked:
                asked = True
                at("asked")
            return self._for_a_while(lambda: self._door(pickup_id, "open"))

        return self.until("a door open to load", try_once)

    def type_past(self, code: str, at: At) -> None:
        """Type the code until a door opens."""
        before = self.pulse_count()
        typing = threading.Thread(target=self._quietly, args=(lambda: Journey.type_code(self, code),))
        typing.start()
        at("typed")
        self._for_a_while(lambda: self.pulse_count() > before, 1.0)
        at("pulsed")
        typing.join()

        def try_once() -> Any:
            if door := self._for_a_while(self.standing_open):
                return door
            if self._quietly(lambda: self.type_code(code)) == "no":
                raise WentWrong("the right code was refused")
            return None

        self.until("the door open for its shopper", try_once)

    def opened(self) -> int:
        """The door that stands open and is seen to. The kiosk may have been started anew and know of no session."""
        door = self.until("a door standing open", self.standing_open)
        self.until("the door seen open", lambda: self._seen(door) == "open")
        return door

    def standing_open(self) -> int | None:
        """A door that is not shut, if one is."""
        doors = self._get(f"{self.sandbox}/bank/api/state")["doors"]
        return next((door["number"] for door in doors if not door["shut"]), None)

    def take_out_and_shut(self, door: int) -> None:
        """Take the goods, shut the door; say that one is done if the kiosk still remembers one."""
        self.bank(door, "take")
        self.bank(door, "shut")
        self.until("the door seen shut", lambda: self._seen(door) == "shut")
        self._quietly(lambda: self._post(f"{self.kiosk}/api/done", json={}))

    def _seen(self, door: int) -> str:
        return next((each["state"] for each in self.state()["doors"] if each["number"] == door), "unknown")

    def _get(self, url: str) -> dict[str, Any]:
        return self._again_and_again(lambda: super(PatientJourney, self)._get(url))

    def _post(self, url: str, **body: Any) -> dict[str, Any]:
        return self._again_and_again(lambda: super(PatientJourney, self)._post(url, **body))

    def _again_and_again(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return ask()
            except (requests.ConnectionError, requests.Timeout):
                if time.monotonic() > deadline:
                    raise
            except WentWrong as problem:
                if problem.status < 500 or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _for_a_while(self, look: Callable[[], Any], seconds: float = AGAIN_AFTER) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return found

    def _willing(self, do: Callable[[], None]) -> bool:
        """Whether it was taken; a refusal (the digits changed, the lockers offline) is a reason to try again."""
        try:
            do()
        except WentWrong as problem:
            if problem.status != 409:
                raise
            return False
        return True

    def _quietly(self, do: Callable[[], Any]) -> Any:
        """What it answers; None when it is refused or breaks off."""
        try:
            return do()
        except (requests.RequestException, WentWrong):
            return None
