"""The lockers' part, played by hand: what a bridge does with commands, and what it reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, update

from bopis import clock
from bopis.bridges.models import Bridge, DoorCommand
from bopis.lockers.models import Compartment
from bopis.pickups.models import Pickup
from tests.world import World

DIGITS = "482913"
PATIENCE = 30.0


class Lockers:
    """Fernhill's bank, online unless told otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions = 0
        self.seen()

    def seen(self, at: Any = None) -> None:
        """Its bridge was heard of just now, or at `at`."""
        with self.world.database.transaction() as session:
            session.get_one(Bridge, self.world.bridge_id).seen_at = at or clock.now()

    def waiting(self) -> list[DoorCommand]:
        """What it was asked and has not answered, oldest first."""
        with self.world.database.reading() as session:
            return list(
                session.scalars(
                    select(DoorCommand)
                    .where(DoorCommand.bridge_id == self.world.bridge_id, DoorCommand.status == "waiting")
                    .order_by(DoorCommand.issued_at, DoorCommand.id)
                )
            )

    def opens(self) -> DoorCommand:
        """The door it was asked to open opens."""
        (command,) = [each for each in self.waiting() if each.kind == "open"]
        self.world.device(("door_opened", self._told(command, pulses=1)))
        self._door(command, "open")
        self.world.settle(command)
        return command

    def shuts(self, command: DoorCommand, item: str = "present") -> None:
        """That door is pushed shut, with something inside or not."""
        self._door(command, "shut")
        self.world.device(("door_shut", self._told(command, item=item)))

    def fails(self) -> None:
        """The door it was asked to open stays shut."""
        (command,) = [each for each in self.waiting() if each.kind == "open"]
        self.world.device(("door_failed", self._told(command, pulses=3)))
        self.world.settle(command, "failed", "door_did_not_open")

    def refuses(self, code: str) -> None:
        """It will not open."""
        (command,) = [each for each in self.waiting() if each.kind == "open"]
        self.world.settle(command, "refused", code)

    def lets_the_command_expire(self) -> None:
        """Nobody obeys in time."""
        with self.world.database.transaction() as session:
            session.execute(update(DoorCommand).where(DoorCommand.status == "waiting").values(expires_at=clock.now()))

    def is_opened_by_its_shopper(self, pickup_id: str, item: str = "absent") -> None:
        """The shopper's code opens the door; they take everything, or not, and shut it."""
        with self.world.database.reading() as session:
            place = session.get_one(Pickup, pickup_id).wanted_placements()[0]
            assert place.compartment is not None
            told = {"door": place.compartment.number, "cause": "grant", "placement": place.id, "command": None}
        self.world.device(("door_opened", told), ("door_shut", {**told, "item": item}))

    def door(self, number: int) -> Compartment:
        """How a compartment stands."""
        with self.world.database.reading() as session:
            return session.scalars(
                select(Compartment).where(Compartment.bank_id == self.world.bank_id, Compartment.number == number)
            ).one()

    @contextmanager
    def asked_for_digits(self, *, answering: bool = True) -> Iterator[None]:
        """While this lasts, a bridge of its own accord compares typed digits with those on its screen."""
        over = threading.Event()
        player = threading.Thread(target=self._compare, args=(over,), daemon=True)
        if answering:
            player.start()
        yield
        over.set()
        if answering:
            player.join(PATIENCE)

    def _compare(self, over: threading.Event) -> None:
        while not over.wait(0.02):
            for command in self.waiting():
                if command.kind != "take_presence":
                    continue
                if command.details["code"] == DIGITS:
                    self.sessions += 1
                    self.world.settle(command, session=f"here-{self.sessions}", until=clock.now().isoformat())
                else:
                    self.world.settle(command, "refused", "wrong_presence_code")

    def _told(self, command: DoorCommand, **more: Any) -> dict[str, Any]:
        details = command.details
        return {
            "door": details["door"],
            "cause": details["cause"],
            "placement": details["placement"],
            "command": command.id,
            "attempt": None,
            "grant": None,
            **more,
        }

    def _door(self, command: DoorCommand, state: str) -> None:
        with self.world.database.transaction() as session:
            session.execute(
                update(Compartment)
                .where(Compartment.bank_id == self.world.bank_id, Compartment.number == command.details["door"])
                .values(door=state)
            )


def eventually(condition: Any, what: str) -> None:
    """Wait until `condition()` is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
