"""Wrong sign-ins per address, in the memory of one process: a lid on trying many badges, beside the pause of each.

It is a bucket per address: so many wrong tries at once, then one every few seconds. A store's people share an address,
so it is generous; what protects a badge is its own count, which is kept in the database.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import threading
from collections import OrderedDict

from flask import request

from bopis.errors import TooMany

AT_ONCE = 30
EVERY = dt.timedelta(seconds=10)
MOST_ADDRESSES = 10_000
"""Remembered at the same time; the one that was wrong longest ago is forgotten first."""

_NEAR = [
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]
"""Where a proxy of ours may be; one on a socket has no address at all."""


class AddressThrottle:
    """Counts wrong tries. Safe to share between threads."""

    def __init__(self, at_once: int = AT_ONCE, every: dt.timedelta = EVERY, most: int = MOST_ADDRESSES) -> None:
        self._at_once = at_once
        self._every = every
        self._most = most
        self._empty_at: OrderedDict[str, dt.datetime] = OrderedDict()
        """Address → when the last of its wrong tries is forgiven."""
        self._lock = threading.Lock()

    def check(self, address: str, now: dt.datetime) -> None:
        """Raises TooMany while an address has used up its tries."""
        with self._lock:
            left = self._empty_at.get(address, now) - now
        wait = left - self._every * (self._at_once - 1)
        if wait > dt.timedelta():
            raise TooMany(
                "too_many_tries",
                "Too many wrong sign-ins came from this network. Wait a minute, then try again.",
                int(wait.total_seconds()) + 1,
            )

    def wrong(self, address: str, now: dt.datetime) -> None:
        """Count a wrong try."""
        with self._lock:
            self._empty_at[address] = max(self._empty_at.pop(address, now), now) + self._every
            while len(self._empty_at) > self._most:
                self._empty_at.popitem(last=False)

    def __len__(self) -> int:
        return len(self._empty_at)


def caller() -> str:
    """The network a request came from: an IPv4 address, or an IPv6 network of 64 bits, which one caller has whole.

    Behind a proxy beside us it is the last address of X-Forwarded-For, the one that proxy saw and wrote itself.
    """
    direct = _read(request.remote_addr or "")
    if direct is None or any(direct in network for network in _NEAR):
        direct = _read(request.headers.get("X-Forwarded-For", "").rpartition(",")[2]) or direct
    if direct is None:
        return ""
    if isinstance(direct, ipaddress.IPv6Address):
        return str(direct.ipv4_mapped or ipaddress.ip_network((direct, 64), strict=False))
    return str(direct)


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None
