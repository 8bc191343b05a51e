"""The texts a provider took, where each one is, and who is told. Knows no HTTP API."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.behaviour import Behaviour
from sandbox.config import PhoneConfig
from sandbox.later import Later
from sandbox.phone.segments import segments

BEHAVIOUR = {
    "lost_before": 0,  # so many texts are not taken, and the answer takes `hang` seconds
    "lost_after": 0,  # so many texts are taken and delivered, and the answer takes `hang` seconds
    "hang": 15.0,
    "too_many": 0,  # so many calls answer 429
    "broken": 0,  # so many texts are not taken, and the answer is 500
    "broken_after": 0,  # so many texts are taken and delivered, and the answer is 500
    "opted_out": [],  # numbers that sent STOP
    "landlines": [],  # numbers that are no mobile
    "unreachable": [],  # numbers whose texts are taken and end as undelivered, 30003
    "step_seconds": 0.2,  # from queued to sent, and from sent to delivered
    "duplicate_callbacks": False,
}


@dataclass
class Text:
    """One text; times are aware UTC."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    created_at: dt.datetime
    updated_at: dt.datetime
    status: str = "queued"
    error_code: int | None = None
    sent_at: dt.datetime | None = None
    callbacks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def segments(self) -> int:
        return segments(self.body)


class Exchange:
    """Takes texts, carries them, reports on them, and keeps a ledger of what was asked."""

    def __init__(self, config: PhoneConfig, now: Callable[[], dt.datetime], later: Later) -> None:
        self.config = config
        self.now = now
        self.behaviour = Behaviour(BEHAVIOUR)
        self._later = later
        self._texts: list[Text] = []
        self._ledger: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, to: str, sender: str, body: str, callback: str) -> Text:
        """Accept one text and send it on its way."""
        now = self.now()
        text = Text(f"SM{uuid.uuid4().hex}", to, sender, body, callback, now, now)
        with self._lock:
            self._texts.append(text)
        self.note("accepted", to, text.sid)
        lost = to in self.behaviour.get("unreachable")
        steps = [("sent", None), ("undelivered", 30003) if lost else ("delivered", None)]
        for count, (status, error_code) in enumerate(steps, start=1):
            self._later.do(
                lambda status=status, error_code=error_code: self._move(text, status, error_code),
                count * self.behaviour.get("step_seconds"),
            )
        return text

    def note(self, outcome: str, to: str, sid: str = "", code: int | None = None) -> None:
        """Write one call into the ledger: `accepted`, or why not."""
        with self._lock:
            self._ledger.append({"at": self.now().isoformat(), "outcome": outcome, "to": to, "sid": sid, "code": code})

    def texts(self, to: str = "", sender: str = "") -> list[Text]:
        """Texts oldest first, of one receiver or sender if given."""
        with self._lock:
            return [t for t in self._texts if (not to or t.to == to) and (not sender or t.sender == sender)]

    def text(self, sid: str) -> Text | None:
        """One text by its id."""
        return next((text for text in self.texts() if text.sid == sid), None)

    def ledger(self) -> list[dict[str, Any]]:
        """Every attempt to hand a text over, oldest first."""
        with self._lock:
            return list(self._ledger)

    def _move(self, text: Text, status: str, error_code: int | None) -> None:
        with self._lock:
            text.status, text.error_code, text.updated_at = status, error_code, self.now()
            text.sent_at = text.sent_at or text.updated_at
        for _ in range(2 if self.behaviour.get("duplicate_callbacks") else 1):
            self._report(text, status, error_code)

    def _report(self, text: Text, status: str, error_code: int | None) -> None:
        if not text.callback:
            return
        form = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": self.config.account_sid,
            "From": text.sender,
            "To": text.to,
            "ApiVersion": "2010-04-01",
        }
        if error_code:
            form["ErrorCode"] = str(error_code)
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signature(self.config.auth_token, text.callback, form),
        }
        try:
            answer = requests.post(text.callback, data=form, headers=headers, timeout=15, allow_redirects=False)
            outcome = answer.status_code
        except requests.RequestException:
            outcome = 0
        with self._lock:
            text.callbacks.append({"status": status, "answer": outcome})


def signature(auth_token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature: the URL and the sorted form fields, name and value run together, under HMAC-SHA1."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
