"""Whose word counts: who sets the bank up, and the manager who lets doors be opened that hold orders."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.judge import Verdict
from firmware_bridge.pins import IN_CHARGE, Pins

LONGEST_NAME = 80


@dataclass(frozen=True)
class By:
    """A person: the id of one of the store's people, or a name that was only typed."""

    name: str
    staff: str | None = None


class Words:
    """Asks for a badge and a PIN as soon as the service has told who works here; before that a name must do."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins

    @property
    def wanted(self) -> str:
        """How a manager shows who they are: `badge`, or `name` before the first sync."""
        return "badge" if self._pins.listed() else "name"

    def of(self, *, badge: str = "", pin: str = "", name: str = "") -> tuple[Verdict, By | None]:
        """A manager's word. A badge's every try is counted first; a typed name is taken only where there is no list.

        Raises NotJournaled.
        """
        if self.wanted == "name":
            name = name.strip()[:LONGEST_NAME]
            return (Verdict("in"), By(name)) if name else (Verdict("no"), None)
        verdict, person = self._pins.vouch(badge, pin, IN_CHARGE)
        return verdict, By(f"staff {person.id}", person.id) if person else None
