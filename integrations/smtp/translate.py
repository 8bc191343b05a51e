"""Our letter made an Internet message (RFC 5322). Pure: the same letter gives the same bytes."""

from __future__ import annotations

import hashlib
import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bopis.ports import Letter

_FIRST_DOT = re.compile(rb"^\.", re.MULTILINE)


def message(letter: Letter, sender: str) -> bytes:
    """The whole message, seven-bit, lines ended by CRLF: text first, the same in HTML as its alternative.

    It says of itself that no person wrote it (RFC 3834), so that out-of-office answers stay away.
    """
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, letter.to, letter.subject
    made["Date"], made["Message-ID"] = format_datetime(letter.at), f"<{letter.message_id}>"
    made["Auto-Submitted"], made["X-Auto-Response-Suppress"] = "auto-generated", "All"
    made.set_content(letter.text, cte="quoted-printable")
    made.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    made.set_boundary("=_" + hashlib.sha256(letter.message_id.encode()).hexdigest()[:32])
    return made.as_bytes()


def dotted(message: bytes) -> bytes:
    """The message as it travels after DATA, without the final dot (RFC 5321, 4.5.2)."""
    return _FIRST_DOT.sub(b"..", message.removesuffix(b"\r\n")) + b"\r\n"
