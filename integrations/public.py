"""Calls to addresses that merchants gave us: public ones only, over https, with no redirect followed.

A name is resolved here, every address it has is checked, and the connection is made to a checked one, so that a name
that answers otherwise a moment later leads nowhere. Nothing of the answer but its status, its Retry-After and, where
asked for, a limited body is read.
"""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from requests.certs import where

from bopis.errors import PermanentFailure, TemporaryFailure
from integrations.http import Answer

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_URL = 500
_V6 = ipaddress.ip_network("2000::/3")
_NOT_V6 = [ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
"""Tunnels, documentation and the like, which lead to other addresses than they say."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_V4 = [ipaddress.ip_network(text) for text in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")]
"""A cloud's own metadata under a public number, and relays into IPv6. The others are private or link-local anyway."""

Resolve = Callable[[str, int], Sequence[str]]
log = logging.getLogger(__name__)


class BadAddress(ValueError):
    """An address we call on nobody's behalf; the text says why, fit for whoever typed it in."""


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            return address in _V6 and not any(address in net for net in _NOT_V6) and address.is_global
        address = inner
    usable = address.is_global and not address.is_multicast and not address.is_reserved
    return usable and not any(address in net for net in _NOT_V4)


def resolve(host: str, port: int) -> list[str]:
    """Every address a name has, as the machine's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicCaller:
    """Makes such calls. `private` lets http and this machine's own network in, for a sandbox; never in production."""

    def __init__(
        self,
        *,
        private: bool = False,
        resolver: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._private, self._resolve, self._tls = private, resolver, tls
        self._whole_seconds = whole_seconds

    def check(self, url: str) -> str:
        """The URL, fit to be kept. Raises BadAddress. Its name is not looked up: that is done at every call."""
        url = url.strip()
        if not url or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise BadAddress(f"an address is https:// and at most {LONGEST_URL} plain characters")
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise BadAddress("this is no address") from None
        if parts.scheme != "https" and not (self._private and parts.scheme == "http"):
            raise BadAddress("an address begins with https://")
        if not host or "@" in parts.netloc or parts.fragment:
            raise BadAddress("an address names a host, and neither a user nor a #part")
        if not self._private and (_looks_private(host) or parts.port == 0):
            raise BadAddress("this address is not on the public internet")
        return url

    def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, read: int = LARGEST_ANSWER
    ) -> Answer:
        """One request, harmless to repeat; the answer's body up to `read` bytes, longer ones are refused if read > 0.

        Raises TemporaryFailure when no answer came, PermanentFailure when this address may not be called.
        """
        try:
            parts = urlsplit(self.check(url))
        except BadAddress as problem:
            raise PermanentFailure("bad_address", str(problem)) from None
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        connection = self._connection(parts.scheme, host, port)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        timer = threading.Timer(self._whole_seconds, connection.cut)
        timer.daemon = True
        timer.start()
        try:
            connection.request(method, path, body or None, {"User-Agent": "bopis-lockers", **headers})
            answer = connection.getresponse()
            kept = answer.read(read + 1) if read else b""
        except (OSError, http.client.HTTPException, UnicodeError, ValueError) as problem:
            log.info("%s %s failed: %s", method, host, type(problem).__name__)
            raise TemporaryFailure("not_reached", f"{host} could not be reached or did not answer in time") from None
        finally:
            timer.cancel()
            connection.close()
        if len(kept) > max(read, 0) and read:
            raise PermanentFailure("answer_too_large", f"{host} sent more than {read} bytes")
        log.info("%s %s %d", method, host, answer.status)
        return Answer(answer.status, answer.headers, kept)

    def _connection(self, scheme: str, host: str, port: int) -> _Checked:
        addresses = self._addresses(host, port)
        tls = (self._tls or _tls()) if scheme == "https" else None
        return _Checked(host, port, addresses, tls)

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise TemporaryFailure("not_reached", f"{host} has no address") from None
        if not found:
            raise TemporaryFailure("not_reached", f"{host} has no address")
        if not self._private and not all(is_public(address) for address in found):
            raise PermanentFailure("bad_address", f"{host} is not on the public internet")
        return found


class _Checked(http.client.HTTPConnection):
    """A connection to one of these addresses, whatever its name may mean to a resolver by then."""

    def __init__(self, host: str, port: int, addresses: Sequence[str], tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self.default_port = 443 if tls else 80  # so that the Host header names a port only where it is unusual
        self._addresses, self._wrapped_by, self._is_cut = addresses, tls, False

    def connect(self) -> None:
        problem: OSError = OSError("no address")
        for address in self._addresses:
            if self._is_cut:
                break
            try:
                plain = socket.create_connection((address, self.port), timeout=self.timeout)
            except OSError as failed:
                problem = failed
                continue
            self.sock = plain
            plain.settimeout(WHOLE_SECONDS)
            if self._wrapped_by:
                self.sock = self._wrapped_by.wrap_socket(plain, server_hostname=self.host)
            return
        raise problem

    def cut(self) -> None:
        """End it from another thread: a time-out of single reads is none for a sender of one byte now and then."""
        self._is_cut, sock = True, self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=where())


def _looks_private(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "." not in host.strip(".") or host.rstrip(".").endswith((".local", ".localhost", ".internal"))
    return not is_public(host)
