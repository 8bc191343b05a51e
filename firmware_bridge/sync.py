"""What a sync says and what it changes. Taking an answer and keeping its cursor is one transaction.

Two threads sync: one holds the long poll, one carries news up at once. Both may receive the same changes. The cursor
decides: an answer to an older cursor than the one kept changes no grant, and what it carried comes again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from firmware_bridge.bank import Bank
from firmware_bridge.clock import from_iso
from firmware_bridge.cloud import Cloud, CloudError
from firmware_bridge.commands import Commands
from firmware_bridge.failpoints import reached
from firmware_bridge.grants import Grants
from firmware_bridge.held import Held
from firmware_bridge.journal import Journal
from firmware_bridge.layout import BadLayout, Layout, read_layout
from firmware_bridge.protocol.wire import EVENTS_A_SYNC, PROTOCOL

log = logging.getLogger(__name__)


class Sync:
    """Builds requests from the journal and takes answers into it."""

    def __init__(
        self, journal: Journal, bank: Bank, grants: Grants, commands: Commands, use_layout: Callable[[Layout], None]
    ) -> None:
        self._journal = journal
        self._bank = bank
        self._grants = grants
        self._commands = commands
        self._use_layout = use_layout
        self._refused_layout: str | None = None
        self._held = Held(journal)

    def exchange(self, cloud: Cloud, wait: float) -> bool:
        """One sync; True when more events wait than it carried. Raises CloudError, NotJournaled."""
        body = self._request(wait)
        answer = cloud.sync(body, wait)
        layout = self._layout(answer)
        if layout is None:
            self._take(answer, body, None)
            reached("sync_kept")
        else:
            with self._bank.lock:  # a commissioning that ends meanwhile is not undone by what was said before it
                taken = self._take(answer, body, layout)
                reached("sync_kept")
                if taken:
                    self._use_layout(layout)
        return len(body["events"]) == EVENTS_A_SYNC

    def kept_layout(self) -> Layout | None:
        """The layout of an earlier sync, so that the bank works before the first one."""
        kept = self._journal.read("layout")
        try:
            return read_layout(json.loads(kept)) if kept else None
        except BadLayout as problem:
            log.error("the kept layout cannot be used: %s", problem)
            return None

    def _request(self, wait: float) -> dict[str, Any]:
        layout, clock = self._bank.layout, self._journal.clock
        return {
            "protocol": PROTOCOL,
            "cursor": self._journal.read("cursor"),
            "boot_id": self._journal.boot_id,
            "time": clock.stamp(),
            "clock": clock.state,
            "wait": wait,
            "layout": self._refused_layout or (layout.hash if layout else None),
            **self._held.hashes(),
            "doors": self._bank.states(),
            "events": self._journal.events(EVENTS_A_SYNC),
            "results": self._commands.results(),
        }

    def _layout(self, answer: dict[str, Any]) -> Layout | None:
        if answer.get("layout") is None:
            return None
        if isinstance(answer.get("acked"), int) and self._is_older(answer["acked"]):
            return None
        try:
            layout = read_layout(answer["layout"])
        except BadLayout as problem:
            # Said to be held from now on, or the service would send it with every answer, at once, for ever.
            self._refused_layout = str(answer["layout"].get("hash", "")) if isinstance(answer["layout"], dict) else ""
            log.error("the service's layout is not used: %s", problem)
            return None
        self._refused_layout = None
        return layout

    def _is_older(self, acked: int) -> bool:
        """Whether an answer does not know yet how the bank is wired now."""
        newer = "SELECT 1 FROM events WHERE kind = 'commissioned' AND seq > ?"
        return bool(self._journal.rows(newer, acked))

    def _take(self, answer: dict[str, Any], asked: dict[str, Any], layout: Layout | None) -> bool:
        """Keep an answer; True when its layout was kept."""
        try:
            cursor, acked, told = str(answer["cursor"]), int(answer["acked"]), from_iso(answer["time"])
            grants, commands, reset = list(answer["grants"]), list(answer["commands"]), bool(answer["reset"])
        except (KeyError, TypeError, ValueError) as problem:
            raise CloudError("bad_answer", f"The service's answer cannot be read ({problem!r}).") from problem
        with self._journal.writing() as db:
            self._journal.clock.believe(told)
            self._journal.write("floor", str(self._journal.clock.now()))
            self._commands.reported(db, asked["results"])
            self._commands.receive(db, commands)
            fresh = self._journal.read("cursor") == asked["cursor"] and self._held.hashes().items() <= asked.items()
            if fresh:
                self._grants.apply(db, grants, reset)
                self._held.take(answer, told)
                self._journal.write("cursor", cursor)
            if fresh or self._journal.resyncing:
                # What happened here is forgotten only together with lists that know of it.
                self._journal.acknowledge(acked, asked["events"])
            current = layout is not None and not self._is_older(acked)
            if current:
                self._journal.write("layout", json.dumps(answer["layout"]))
        return current
