"""One order's way through a running copy, step by step over HTTP, as the people in it go it: for demo and stories."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")
PATIENCE = 20.0
CODE = re.compile(r"\b(\d{3}) (\d{3}) (\d{3})\b")


class WentWrong(Exception):
    """The journey cannot go on; the text says at which step and why. `status` is the HTTP answer's, if it was one."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Journey:
    """A shopper, an associate and the world around them. Addresses are those of a running copy."""

    patience = PATIENCE

    def __init__(self, web: str, kiosk: str, sandbox: str) -> None:
        self.web, self.kiosk, self.sandbox = web, kiosk, sandbox
        self.http = requests.Session()
        self.http.headers["Accept"] = "application/json"

    def order(
        self,
        *,
        sku: str = "MUG-SLATE",
        phone: str = "+12015550123",
        location: str = "1001",
        paid: bool = True,
        email: str = "shopper@example.com",
    ) -> str:
        """The shopper buys; returns the order's name."""
        body = {
            "location_id": location,
            "lines": [{"sku": sku, "quantity": 1}],
            "phone": phone,
            "email": email,
            "first_name": "Shopper",
            "paid": paid,
        }
        name: str = self._post(f"{self.sandbox}/shop/api/orders", json=body)["name"]
        return name

    def sign_in(self, badge: str = "A1001", pin: str = "246810") -> None:
        """The associate signs in on the handheld."""
        self._post(f"{self.web}/associate/sign-in", data={"badge": badge, "pin": pin})

    def take_presence(self) -> None:
        """The associate types the digits that the kiosk shows."""
        self.until("the lockers are ready", lambda: self.state()["ready"] and self.state()["online"])
        self._post(f"{self.web}/associate/presence", data={"code": self.state()["presence"]["code"]})

    def listed(self, order: str) -> str:
        """Wait until an order is on the associate's list; returns its pickup's id."""

        def row() -> str | None:
            return next((row["id"] for row in self.to_load() if row["order"] == order), None)

        return self.until(f"{order} on the associate's list", row)

    def to_load(self) -> list[dict[str, Any]]:
        """What is on the associate's list."""
        rows: list[dict[str, Any]] = self._get(f"{self.web}/associate/state")["to_load"]
        return rows

    def open_to_load(self, pickup_id: str) -> int:
        """The associate asks for a door; returns its number once it stands open."""
        self._post(f"{self.web}/associate/pickups/{pickup_id}/open")
        return self.until("a door open to load", lambda: self._door(pickup_id, "open"))

    def put_in_and_shut(self, door: int) -> float:
        """The associate puts the goods in and shuts the door; returns when it was shut."""
        self.bank(door, "put")
        self.bank(door, "shut")
        return time.time()

    def ready(self, pickup_id: str) -> None:
        """Wait until a pickup is ready for its shopper."""
        self.until("the pickup ready", lambda: self.pickup(pickup_id)["state"] == "ready")

    def texts(self, order: str) -> list[dict[str, Any]]:
        """The texts about an order on the pretend phones."""
        messages = self._get(f"{self.sandbox}/phone/api/messages")["messages"]
        return [message for message in messages if f"{order} " in message["body"]]

    def mails(self, order: str) -> list[dict[str, Any]]:
        """The e-mails about an order."""
        messages = self._get(f"{self.sandbox}/mail/api/messages")["messages"]
        return [message for message in messages if message["subject"].startswith(f"{order} ")]

    def text(self, order: str) -> dict[str, Any]:
        """Wait for the text about an order."""
        return self.until(f"a text about {order}", lambda: next(iter(self.texts(order)), None))

    def code_in(self, text: dict[str, Any]) -> str:
        """The nine digits of a text."""
        found = CODE.search(text["body"])
        if found is None:
            raise WentWrong("the text holds no code")
        return "".join(found.groups())

    def type_code(self, code: str) -> str:
        """The shopper types at the kiosk; returns its verdict."""
        verdict: str = self._post(f"{self.kiosk}/api/code", json={"code": code})["verdict"]
        return verdict

    def opened(self) -> int:
        """Wait until the shopper's door stands open; returns its number."""

        def door() -> int | None:
            session = self.state()["session"]
            return session["door"] if session and session["phase"] == "open" else None

        return self.until("the shopper's door open", door)

    def take_out_and_shut(self, door: int) -> None:
        """The shopper takes the goods, shuts the door and leaves."""
        self.bank(door, "take")
        self.bank(door, "shut")
        self.until("the door seen shut", lambda: (self.state()["session"] or {}).get("phase") in (None, "shut"))
        self._post(f"{self.kiosk}/api/done", json={})

    def platform_says(self, order: str, state: str) -> None:
        """Wait until the shop sees an order in this state."""
        self.until(f"{order} {state} in the shop", lambda: self.shop_order(order)["state"] == state)

    def shop_order(self, order: str) -> dict[str, Any]:
        """An order as the shop sees it."""
        orders = self._get(f"{self.sandbox}/shop/api/orders")["orders"]
        found: dict[str, Any] = next(seen for seen in orders if seen["name"] == order)
        return found

    def pulses(self) -> list[dict[str, Any]]:
        """The lock boards' own count of what was pulsed, newest first."""
        pulses: list[dict[str, Any]] = self._get(f"{self.sandbox}/bank/api/state")["pulses"]
        return pulses

    def pulse_count(self) -> int:
        """How often any coil was pulsed."""
        return sum(door["pulses"] for door in self._get(f"{self.sandbox}/bank/api/state")["doors"])

    def behave(self, part: str, **settings: Any) -> None:
        """Tell the shop, the phone or the bank what to do wrong from now on."""
        self._post(f"{self.sandbox}/{part}/api/behaviour", json=settings)

    def bank(self, door: int, action: str) -> None:
        """Move a door or its goods by hand: open, shut, put, take."""
        self._post(f"{self.sandbox}/bank/api/doors/{door}/{action}")

    def state(self) -> dict[str, Any]:
        """The kiosk as it is now."""
        return self._get(f"{self.kiosk}/api/state")

    def pickup(self, pickup_id: str) -> dict[str, Any]:
        """A pickup as the associate sees it."""
        return self._get(f"{self.web}/associate/pickups/{pickup_id}/state")

    def until(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Look until there is something to see. Raises WentWrong when it takes too long."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.02)
        raise WentWrong(f"waited {self.patience:.0f} s for {what}")

    def whole_way(self, phone: str = "+12015550123") -> str:
        """One order from the shop to the shopper's hands, its code typed once; returns its name. Raises WentWrong."""
        order = self.order(phone=phone)
        pickup = self.listed(order)
        self.put_in_and_shut(self.open_to_load(pickup))
        self.ready(pickup)
        if self.type_code(self.code_in(self.text(order))) != "open":
            raise WentWrong("the right code was refused")
        self.take_out_and_shut(self.opened())
        self.platform_says(order, "picked_up")
        return order

    def _door(self, pickup_id: str, phase: str) -> int | None:
        doors = self.pickup(pickup_id)["doors"]
        return next((door["number"] for door in doors if door["phase"] == phase), None)

    def _get(self, url: str) -> dict[str, Any]:
        return self._checked(self.http.get(url, headers=self._from_own_page(url), timeout=PATIENCE))

    def _post(self, url: str, **body: Any) -> dict[str, Any]:
        return self._checked(self.http.post(url, headers=self._from_own_page(url), timeout=PATIENCE, **body))

    def _from_own_page(self, url: str) -> dict[str, str]:
        return {"Origin": self.kiosk if url.startswith(self.kiosk) else self.web}

    @staticmethod
    def _checked(answer: requests.Response) -> dict[str, Any]:
        if not answer.ok:
            asked = f"{answer.request.method} {answer.url.rpartition('/')[2]}"
            raise WentWrong(f"{asked}: {answer.status_code} {answer.text[:200]}", answer.status_code)
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


def seconds_between(earlier: float, later: str) -> float:
    """From a time stamp of ours to an ISO one of the sandbox's, both this machine's."""
    return dt.datetime.fromisoformat(later).timestamp() - earlier
