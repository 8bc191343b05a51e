"""What was mailed, a ledger of what was asked, and what the server was told to do wrong."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sandbox.behaviour import Behaviour

BEHAVIOUR = {
    "greylisted": 0,  # so many receivers are asked for once more, 451
    "unknown": [],  # addresses that do not exist, 550
    "refuse_mail": 0,  # so many mails are refused once they were read, 554
    "busy": 0,  # so many connections are turned away, 421
    "lost_before": 0,  # so many mails lose the line before their end, and are not taken
    "lost_after": 0,  # so many mails are taken, and the line breaks instead of an answer
    "silent_after": 0,  # so many mails are taken, and nothing is answered for `hang` seconds
    "hang": 15.0,
}


@dataclass(frozen=True)
class Mail:
    """One mail as it came; times are aware UTC."""

    at: dt.datetime
    sender: str
    to: str
    content: EmailMessage

    def seen(self) -> dict[str, Any]:
        """For JSON: headers, and both ways of saying it."""
        text, html = (self.content.get_body((kind,)) for kind in ("plain", "html"))
        return {
            "at": self.at.isoformat(),
            "from": self.content["From"],
            "sender": self.sender,
            "to": self.to,
            "subject": self.content["Subject"],
            "message_id": self.content["Message-ID"],
            "headers": {name: str(value) for name, value in self.content.items()},
            "text": _lines(text),
            "html": _lines(html),
        }


def _lines(part: Any) -> str:
    return part.get_content().replace("\r\n", "\n") if part else ""


class Letterbox:
    """Every mail that was taken, and every attempt to hand one over."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self.behaviour = Behaviour(BEHAVIOUR)
        self._now = now
        self._mails: list[Mail] = []
        self._ledger: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, sender: str, to: str, content: bytes) -> None:
        """Keep one mail."""
        read = message_from_bytes(content, EmailMessage, policy=SMTP)
        with self._lock:
            self._mails.append(Mail(self._now(), sender, to, read))
        self.note("accepted", to)

    def note(self, outcome: str, to: str) -> None:
        """Write one attempt into the ledger: `accepted`, or why not."""
        with self._lock:
            self._ledger.append({"at": self._now().isoformat(), "outcome": outcome, "to": to})

    def mails(self, to: str = "") -> list[Mail]:
        """Oldest first, of one receiver if given."""
        with self._lock:
            return [mail for mail in self._mails if not to or mail.to == to]

    def ledger(self) -> list[dict[str, Any]]:
        """Every attempt to hand a mail over, oldest first."""
        with self._lock:
            return list(self._ledger)
