"""An SMTP server (RFC 5321), as small as one can be that a real client talks to."""

from __future__ import annotations

import base64
import binascii
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from sandbox.mail.letterbox import Letterbox

LARGEST = 1024 * 1024
PATIENCE_SECONDS = 60.0
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on this machine alone; `port` 0 takes a free one, `address` says which.

    `login` is the one (user, password) let in, if any must be; `context` lets lines be encrypted, `at_once` from the
    first byte instead of after STARTTLS.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(
        self,
        letterbox: Letterbox,
        port: int = 0,
        *,
        login: tuple[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        at_once: bool = False,
    ) -> None:
        self.letterbox = letterbox
        self.login = login
        self.context = context
        self.at_once = at_once
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", port), Conversation)

    def start(self) -> None:
        """Answer in the background until `stop`."""
        threading.Thread(target=self.serve_forever, name="mail", kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """End it, and answers that were told to hang."""
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A line that breaks is the client's affair."""


class Conversation(socketserver.StreamRequestHandler):
    """One client's line."""

    timeout = PATIENCE_SECONDS
    server: MailServer

    def setup(self) -> None:
        if self.server.context is not None and self.server.at_once:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.is_encrypted = self.server.at_once
        self.is_let_in = self.server.login is None
        self._forget()
        super().setup()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def handle(self) -> None:
        if self.server.letterbox.behaviour.spend("busy"):
            self.server.letterbox.note("busy", "")
            return self.say("421 Come back later")
        self.say("220 sandbox.example ESMTP")
        while line := self.rfile.readline(2048):
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if word.upper() == "QUIT":
                return self.say("221 Bye")
            deed = _DEEDS.get(word.upper())
            if deed is None:
                self.say("502 Not here")
            elif deed(self, rest) is False:
                return None
        return None

    def say(self, *lines: str) -> None:
        """Answer; all lines but the last say that more follows."""
        for line in lines[:-1]:
            self.wfile.write(f"{line[:3]}-{line[4:]}\r\n".encode())
        self.wfile.write(f"{lines[-1]}\r\n".encode())

    def ehlo(self, rest: str) -> None:
        offers = ["250 sandbox.example", "250 8BITMIME"]
        if self.server.context is not None and not self.is_encrypted:
            offers.append("250 STARTTLS")
        if self.server.login is not None and (self.is_encrypted or self.server.context is None):
            offers.append("250 AUTH PLAIN")
        self.say(*offers, f"250 SIZE {LARGEST}")

    def starttls(self, rest: str) -> None:
        if self.server.context is None or self.is_encrypted:
            return self.say("502 Not here")
        self.say("220 Go ahead")
        self.request = self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.is_encrypted = True
        return None

    def auth(self, rest: str) -> None:
        kind, _, given = rest.partition(" ")
        try:
            _, user, password = base64.b64decode(given).decode().split("\0")
        except (binascii.Error, ValueError):
            user = password = ""
        self.is_let_in = kind.upper() == "PLAIN" and (user, password) == self.server.login
        self.say("235 Welcome" if self.is_let_in else "535 Not you")

    def mail(self, rest: str) -> None:
        found = _PATH.match(rest)
        if not self.is_let_in:
            return self.say("530 Log in first")
        if found is None:
            return self.say("501 From whom?")
        self.sender = found[1]
        return self.say("250 Fine")

    def rcpt(self, rest: str) -> None:
        found, behaviour, note = _PATH.match(rest), self.server.letterbox.behaviour, self.server.letterbox.note
        if found is None or self.sender is None:
            return self.say("503 From whom, and to whom?")
        if found[1] in behaviour.get("unknown"):
            note("unknown", found[1])
            return self.say(f"550 <{found[1]}> is nobody here")
        if behaviour.spend("greylisted"):
            note("greylisted", found[1])
            return self.say("451 Greylisted, come again")
        self.to = found[1]
        return self.say("250 Fine")

    def data(self, rest: str) -> bool | None:
        letterbox, to = self.server.letterbox, self.to
        if to is None or self.sender is None:
            self.say("503 To whom?")
            return None
        self.say("354 Go ahead, a dot ends it")
        if letterbox.behaviour.spend("lost_before"):
            letterbox.note("lost", to)
            return False
        content = self._content()
        if content is None:
            return False
        if letterbox.behaviour.spend("refuse_mail"):
            letterbox.note("refused", to)
            self.say("554 Looks like spam")
            return None
        letterbox.take(self.sender, to, content)
        if letterbox.behaviour.spend("lost_after"):
            return False
        if letterbox.behaviour.spend("silent_after"):
            self.server.stopping.wait(letterbox.behaviour.get("hang"))
        self.say("250 Taken")
        self._forget()
        return None

    def rset(self, rest: str) -> None:
        self._forget()
        self.say("250 Forgotten")

    def noop(self, rest: str) -> None:
        self.say("250 Nothing done")

    def _content(self) -> bytes | None:
        """Up to the lone dot, doubled dots made single; None when the line broke before or it was too much."""
        lines, size = [], 0
        while line := self.rfile.readline():
            if line.rstrip(b"\r\n") == b".":
                return b"".join(lines)
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            size += len(line)
            if size > LARGEST:
                return None
        return None

    def _forget(self) -> None:
        self.sender: str | None = None
        self.to: str | None = None


_DEEDS: Mapping[str, Callable[[Conversation, str], bool | None]] = {
    "EHLO": Conversation.ehlo,
    "HELO": Conversation.ehlo,
    "STARTTLS": Conversation.starttls,
    "AUTH": Conversation.auth,
    "MAIL": Conversation.mail,
    "RCPT": Conversation.rcpt,
    "DATA": Conversation.data,
    "RSET": Conversation.rset,
    "NOOP": Conversation.noop,
}
