"""What the cloud has told of the store: its people, the work there, its settings, and how long all that holds.

Each is kept as it came, under the hash by which the next sync says that it is held.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from firmware_bridge.clock import from_iso
from firmware_bridge.journal import Journal
from firmware_bridge.protocol.wire import LONGEST_STAFF_OFFLINE_HOURS

log = logging.getLogger(__name__)

NAMES = ("staff", "work", "settings")
HOLD_HOURS = 72
STAFF_OFFLINE_HOURS = 72


class Held:
    """The lists of the last sync, kept in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read: dict[str, tuple[str, dict[str, Any]]] = {}

    def get(self, name: str) -> dict[str, Any]:
        """One of NAMES as it came; empty when it never did."""
        text = self._journal.read(name) or "{}"
        if self._read.get(name, ("",))[0] != text:
            self._read[name] = (text, json.loads(text))
        return self._read[name][1]

    def hashes(self) -> dict[str, str | None]:
        """What the next request says about them."""
        return {name: self.get(name).get("hash") for name in NAMES}

    def take(self, answer: Mapping[str, Any], told: float) -> None:
        """Keep what an answer carries, inside the sync's transaction; `told` is its signed time.

        From an answer that says nothing of a lease, nothing holds longer than before.
        """
        for name in NAMES:
            body = answer.get(name)
            if isinstance(body, dict) and isinstance(body.get("hash"), str):
                self._journal.write(name, json.dumps(body))
        try:
            until = from_iso(answer["lease_until"])
        except (KeyError, ValueError):
            return
        self._journal.write("leased_at", str(told))
        self._journal.write("lease_until", str(until))

    def lease_until(self) -> float:
        """Until when a grant opens its doors without another word from the cloud; epoch seconds."""
        return float(self._journal.read("lease_until") or 0)

    def staff_until(self) -> float:
        """Until when people sign in without another word from the cloud; epoch seconds."""
        hours = self._hours("staff_offline_hours", STAFF_OFFLINE_HOURS)
        return float(self._journal.read("leased_at") or 0) + 3600 * min(hours, LONGEST_STAFF_OFFLINE_HOURS)

    def hold_seconds(self) -> float:
        """How long goods loaded here wait for their shopper."""
        return 3600 * self._hours("hold_hours", HOLD_HOURS)

    def _hours(self, name: str, otherwise: int) -> float:
        said = self.get("settings").get(name)
        return said if type(said) in (int, float) and said > 0 else otherwise
