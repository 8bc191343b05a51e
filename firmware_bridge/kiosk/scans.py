"""What is held to the scanner, the bridge's own or the page's: told apart by its prefix, shown by the page."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any

from firmware_bridge.handover import Handover, NothingToDo
from firmware_bridge.judge import Verdict
from firmware_bridge.protocol.codes import QR_PREFIX

BADGE_PREFIX = "LKS1:"
"""In front of the badge's number in the QR on a staff badge."""
SAME_SCAN_SECONDS = 3
"""A scanner reads a QR held to it again and again."""
STRAY = Verdict("stray")
"""Something that is none of ours was scanned."""


class Scans:
    """Judges scans and keeps the last one's verdict for the page; never the text itself."""

    def __init__(self, handover: Handover, changed: Callable[[], None], mono: Callable[[], float]) -> None:
        self.shown: dict[str, Any] | None = None
        """The last scan of the bridge's own scanner: id, verdict (None while it is judged), retry_after."""
        self.badge: Callable[[str], Verdict] = lambda number: STRAY
        """Takes the number on a scanned staff badge and says what the page shows."""
        self.order: Callable[[str], bool] = lambda text: False
        """Takes what may be an order's number; False when no staff are there to scan one."""
        self._handover = handover
        self._changed = changed
        self._mono = mono
        self._last = (b"", float("-inf"))

    def present(self, text: str) -> Verdict:
        """Judge a scan that the page sends."""
        if text.startswith(BADGE_PREFIX):
            return self.badge(text.removeprefix(BADGE_PREFIX))
        return self._handover.present_scan(text)

    def heard(self, text: str | None) -> None:
        """Take a scan from the bridge's own scanner, None for what cannot be ours; the page learns of it by the state.

        Dropped: everything while a shopper stands before an open door, what was just scanned, and what is not ours
        while a shopper's session is shown. One of ours ends a session that rests: whoever was here has finished. Staff
        who are signed in scan the numbers of orders.
        """
        session, now = self._handover.session, self._mono()
        digest = hashlib.sha256((text or "").encode()).digest()
        again = digest == self._last[0] and (session is not None or now - self._last[1] < SAME_SCAN_SECONDS)
        self._last = (digest, now)
        ours = text is not None and text.startswith((QR_PREFIX, BADGE_PREFIX))
        if again or (self._is_for_staff(text, ours) and self.order(text or "")):
            return
        if session is not None and (not ours or session.is_busy(now)):
            return
        if text is None or not ours:
            self._show(STRAY)
            return
        if session is not None:
            with contextlib.suppress(NothingToDo):
                self._handover.done()
        self._show(None)
        self._show(self.present(text))

    def _is_for_staff(self, text: str | None, ours: bool) -> bool:
        session = self._handover.session
        return text is not None and not ours and (session is None or session.who == "staff")

    def _show(self, verdict: Verdict | None) -> None:
        number = self.shown["id"] if self.shown else 0
        begins = self.shown is None or self.shown["verdict"] is not None
        self.shown = {
            "id": number + begins,
            "verdict": verdict.verdict if verdict else None,
            "retry_after": verdict.retry_after if verdict else None,
        }
        self._changed()
