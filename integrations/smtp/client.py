"""One conversation with a mail server, every step against the same deadline.

The mail exists for the server from the final dot on. What breaks before certainly did not happen; what breaks between
the dot and the answer to it may have happened.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from bopis.errors import EffectError
from integrations.smtp import failures

STEP_SECONDS = 10.0
LONGEST_SECONDS = 40.0
"""Of a whole conversation: well within a worker's lease of the entry."""
BROKEN = (smtplib.SMTPException, OSError, UnicodeError, ValueError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Server:
    """Where mail is handed over. `security`: `tls` from the first byte, `starttls` (never without), or `none`."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


class Line:
    """An open line to the server, logged in. Each step gets what is left of the time, ten seconds at most."""

    def __init__(self, host: str, us: str, seconds: float, until: float) -> None:
        self.host = host
        self._seconds = seconds
        self._until = until
        self.smtp: smtplib.SMTP = smtplib.SMTP(local_hostname=us)

    def left(self) -> float:
        """Seconds for the next step. Raises TimeoutError when there are none."""
        left = min(self._seconds, self._until - time.monotonic())
        if left <= 0:
            raise TimeoutError("the conversation takes too long")
        if self.smtp.sock is not None:
            self.smtp.sock.settimeout(left)
        return left


@contextmanager
def opened(server: Server, us: str, context: ssl.SSLContext, seconds: float = STEP_SECONDS) -> Iterator[Line]:
    """A line on which a mail can be handed over; `us` is how we introduce ourselves.

    Raises TemporaryFailure or PermanentFailure when there is none.
    """
    line = Line(server.host, us, seconds, time.monotonic() + max(LONGEST_SECONDS, seconds))
    started = time.monotonic()
    try:
        try:
            _open(line, server, us, context)
        except BROKEN as error:
            raise failures.before_the_end(error, server.host) from None
        yield line
    except EffectError as failure:
        log.warning("smtp %s failed %s %d ms", server.host, failure.code, _ms_since(started))
        raise
    else:
        log.info("smtp %s done %d ms", server.host, _ms_since(started))
    finally:
        with suppress(*BROKEN):
            line.left()
            line.smtp.quit()
        line.smtp.close()


def hand_over(line: Line, sender: str, to: str, dotted: bytes) -> None:
    """Hand one mail over, up to the server's yes. Raises the three effect errors."""
    try:
        _expect(line, "sender", f"MAIL FROM:<{sender}>", 250)
        _expect(line, "address", f"RCPT TO:<{to}>", 250, 251)
        _expect(line, "mail", "DATA", 354)
        line.left()
        line.smtp.send(dotted)
    except BROKEN as error:
        raise failures.before_the_end(error, line.host) from None
    try:
        line.left()
        line.smtp.send(b".\r\n")
        number, _ = line.smtp.getreply()
    except BROKEN:
        raise failures.after_the_end(line.host) from None
    if not 200 <= number < 600:
        raise failures.after_the_end(line.host)
    if number >= 300:
        raise failures.of_reply(number, "mail")


def _open(line: Line, server: Server, us: str, context: ssl.SSLContext) -> None:
    seconds = line.left()
    if server.security == "tls":
        line.smtp = smtplib.SMTP_SSL(server.host, server.port, us, timeout=seconds, context=context)
    else:
        line.smtp = smtplib.SMTP(server.host, server.port, us, timeout=seconds)
    if server.security == "starttls":
        line.left()
        line.smtp.starttls(context=context)
    line.left()
    line.smtp.ehlo_or_helo_if_needed()
    if server.user:
        line.left()
        line.smtp.login(server.user, server.password)


def _expect(line: Line, step: str, command: str, *wanted: int) -> None:
    line.left()
    number, _ = line.smtp.docmd(command)
    if number not in wanted:
        raise failures.of_reply(number, step)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
