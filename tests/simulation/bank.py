"""The lockers of the simulation: doors and goods as they truly are, and a bridge that reports what its sensors see.

The bridge speaks to the service by signed syncs, as any bridge does. It decides about shoppers by what it was told
last, obeys commands that have not expired, and keeps its events until they are acknowledged.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient

from bopis import clock
from firmware_bridge.protocol import signatures
from tests.world import SIZES, World

URL = "http://bridges.test"
SPEAKS_EVERY = dt.timedelta(seconds=20)


@dataclass
class Door:
    """One door as it truly is; `errand` is why it was opened."""

    number: int
    shut: bool = True
    stuck: bool = False
    goods: set[str] = field(default_factory=set)
    """Ids of the pickups whose goods are inside."""
    errand: dict[str, Any] = field(default_factory=dict)


class LockerBank:
    """Six doors and their bridge."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.doors = {number: Door(number) for number in range(1, len(SIZES) + 1)}
        self.grants: dict[str, dict[str, Any]] = {}
        self.pending: list[dict[str, Any]] = []
        """Events the service has not acknowledged."""
        self._history: list[dict[str, Any]] = []
        self._client, self._world = client, world
        self._cursor: str | None = None
        self._boot = 1
        self._seq = 0
        self._commands: dict[str, dict[str, Any]] = {}
        self._results: list[dict[str, Any]] = []
        self._heard: dt.datetime | None = None

    def is_silent(self) -> bool:
        """Whether the service has heard nothing for so long that it would miss us soon, or not all there is to tell."""
        return bool(self.pending) or self._heard is None or abs(clock.now() - self._heard) > SPEAKS_EVERY

    def sync(self, *, lose_answer: bool = False, again: bool = False) -> None:
        """One exchange; with `lose_answer` the service heard us and we never learn it; `again` repeats old events."""
        events = (self._history if again else self.pending)[:200]
        told = self._post(
            {
                "protocol": 1,
                "cursor": self._cursor,
                "boot_id": f"boot-{self._boot}",
                "time": clock.now().isoformat(),
                "clock": "synced",
                "wait": 0,
                "layout": None,
                "events": events,
                "results": self._results,
                "doors": {
                    str(door.number): {"door": "shut" if door.shut else "open", "item": self._item(door)}
                    for door in self.doors.values()
                },
            }
        )
        self._heard = clock.now()
        if lose_answer:
            return
        self.pending = [event for event in self.pending if event["seq"] > told["acked"]]
        self._results = []
        self._cursor = told["cursor"]
        if told["reset"]:
            self.grants.clear()
        for grant in told["grants"]:
            self.grants[grant["id"]] = grant
        for command in told["commands"]:
            self._commands.setdefault(command["id"], command)

    def restart(self) -> None:
        """Power off and on: what was not acknowledged comes again, and everything is asked for anew."""
        self._boot += 1
        self._cursor = None
        self._report("bridge_started", software="test", protocol=1)

    def next_command(self) -> dict[str, Any] | None:
        """The oldest command not obeyed yet; one that expired is answered so."""
        for command in self._commands.values():
            if command.get("settled"):
                continue
            command["settled"] = True
            if clock.now().isoformat() >= command["expires_at"]:
                self._settle(command, "expired")
                continue
            return command
        return None

    def obey(self, command: dict[str, Any]) -> Door:
        """Open the door a command names, if it can be opened."""
        door = self.doors[command["door"]]
        facts = {
            "door": door.number,
            "cause": command["cause"],
            "placement": command["placement"],
            "attempt": None,
            "grant": None,
        }
        opened = self._open(door, facts, command["id"])
        self._settle(command, *(("done", None) if opened else ("failed", "door_did_not_open")))
        return door

    def refuse(self, command: dict[str, Any]) -> None:
        """Somebody else is at an open door."""
        self._settle(command, "refused", "busy")

    def present(self, pickup_id: str, world_grants: dict[str, str]) -> list[Door]:
        """The shopper of this pickup shows the code; the doors that opened. `world_grants`: grant → pickup."""
        opened = []
        for grant in self.grants.values():
            if world_grants.get(grant["id"]) != pickup_id or grant["revoked"] or not grant["active"]:
                continue
            if not grant["valid_from"] <= clock.now().isoformat() < min(grant["valid_until"], grant["lease_until"]):
                continue
            for place in grant["placements"]:
                facts = {"grant": grant["id"], "placement": place["id"], "attempt": secrets.token_hex(8)}
                if place["kind"] == "counter":
                    self._report("counter_arrived", grant=grant["id"], placement=place["id"])
                elif self._open(self.doors[place["door"]], {"door": place["door"], "cause": "grant", **facts}, None):
                    opened.append(self.doors[place["door"]])
        return opened

    def shut(self, door: Door) -> None:
        """Somebody pushes it shut."""
        door.shut = True
        self._report("door_shut", **{**door.errand, "item": self._item(door)})

    def left_open(self, door: Door) -> None:
        """Nobody does, for three minutes."""
        self._report("door_left_open", **{**door.errand, "seconds": 180})

    def report(self, pickup_id: str, problem: str, world_grants: dict[str, str]) -> None:
        """The shopper says at the kiosk that something is wrong."""
        for grant_id in self.grants:
            if world_grants.get(grant_id) == pickup_id:
                self._report("problem_reported", grant=grant_id, placement=None, door=None, problem=problem)

    def _open(self, door: Door, facts: dict[str, Any], command: str | None) -> bool:
        told = {**facts, "command": command, "pulses": 0 if not door.shut else 3 if door.stuck else 1}
        if door.shut and door.stuck:
            self._report("door_failed", **told)
            return False
        door.shut, door.errand = False, facts
        self._report("door_opened", **told)
        return True

    def _item(self, door: Door) -> str:
        return "present" if door.goods else "absent"

    def _report(self, kind: str, **data: Any) -> None:
        self._seq += 1
        event = {
            "seq": self._seq,
            "kind": kind,
            "at": clock.now().isoformat(),
            "boot_id": f"boot-{self._boot}",
            "clock": "synced",
            "data": data,
        }
        self.pending.append(event)
        self._history.append(event)

    def _settle(self, command: dict[str, Any], status: str, code: str | None = None) -> None:
        self._results.append({"command": command["id"], "status": status, "code": code, "data": {}})

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        message = signatures.Request("POST", f"{URL}/bridge/v1/sync", {}, json.dumps(body).encode())
        signatures.sign_request(
            message,
            key_id=self._world.bridge_id,
            key=self._world.bridge_key,
            now=clock.now(),
            nonce=secrets.token_hex(16),
        )
        answer = self._client.post("/bridge/v1/sync", data=message.body, headers=message.headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told
