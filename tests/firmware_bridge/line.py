"""The bridge's bus and bank on a real line, without the rest of the bridge."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmware_bridge.bank import Bank
from firmware_bridge.bus import Bus
from firmware_bridge.doors import Errand, Opening
from firmware_bridge.journal import Journal
from firmware_bridge.layout import read_layout
from tests.firmware_bridge.world import LAYOUT, until

LOAD = Errand("load")


class Line:
    """A bus and the bank behind it, running."""

    def __init__(self, folder: Path, device: str, layout: Mapping[str, Any] = LAYOUT) -> None:
        self.journal = Journal(folder / "journal.db", "boot")
        self.bus = Bus(device)
        self.ids = iter(range(1000))
        self.bank = Bank(self.journal, self.bus.fire, lambda: str(next(self.ids)))
        self.bus.listener = self.bank
        self.layout = read_layout(layout)
        self.bank.configure(self.layout)
        self.bus.configure(self.layout.board, self.layout.boards)
        self.thread = threading.Thread(target=self.bus.run)
        self.thread.start()

    def stop(self) -> None:
        self.bus.stop()
        self.thread.join(5)
        self.journal.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def states(self, *numbers: int) -> set[str]:
        return {self.bank.doors[number].state for number in numbers or self.bank.doors}

    def known(self) -> Line:
        until(lambda: self.states() == {"shut"})
        return self

    def open(self, number: int) -> Opening:
        """Open a door and wait for what comes of it."""
        opening = self.bank.open(number, LOAD, lambda db: None)

        def over() -> bool:
            self.bank.tick()
            return opening.outcome is not None

        until(over)
        return opening

    def kinds(self) -> list[str]:
        return [event["kind"] for event in self.journal.events(500)]
