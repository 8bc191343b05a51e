"""SMTP as a `bopis.ports.Mailer`."""

from __future__ import annotations

import ssl
from contextlib import AbstractContextManager
from email.utils import parseaddr

from bopis.ports import Letter
from integrations.smtp import client, translate
from integrations.smtp.client import Server


class SmtpMailer:
    """Hands each e-mail over in a conversation of its own: they are few, and an idle line would have to be trusted.

    `sender` is `Name <address>` or a bare address; `context` says whose certificates are trusted, the machine's own
    list unless given.
    """

    def __init__(
        self,
        server: Server,
        sender: str,
        *,
        context: ssl.SSLContext | None = None,
        seconds: float = client.STEP_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender
        self._address = parseaddr(sender)[1]
        self._context = context or ssl.create_default_context()
        self._seconds = seconds

    def send(self, letter: Letter) -> None:
        """Hand one e-mail over. Raises OutcomeUnknown when the line broke after its last byte, else the other two."""
        with self._opened() as line:
            client.hand_over(line, self._address, letter.to, translate.dotted(translate.message(letter, self._sender)))

    def check(self) -> None:
        """See whether the server lets us in. Raises TemporaryFailure or PermanentFailure."""
        with self._opened():
            pass

    def _opened(self) -> AbstractContextManager[client.Line]:
        return client.opened(self._server, self._address.rpartition("@")[2], self._context, self._seconds)
