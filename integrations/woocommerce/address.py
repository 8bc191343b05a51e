"""A shop's address as anybody writes it, made the one name its connection has. No I/O."""

from __future__ import annotations

import re

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SITE = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?::[0-9]{{2,5}})?(?:/[A-Za-z0-9._~-]+){{0,4}}")
_LONGEST = 150


def site_of(text: str) -> str:
    """Such as `shop.example.com` or `example.com/shop`: host in lower case, no scheme, no slash at the end.

    "" for what is none: an address in the clear, an IP address, one with a user, a query or signs outside ASCII.
    """
    scheme, mark, rest = text.strip().partition("://")
    if mark and scheme.lower() != "https":
        return ""
    host, slash, path = (rest if mark else scheme).rstrip("/").partition("/")
    site = host.lower() + slash + path
    is_plain = ".." not in path and not any(part in (".", "") for part in path.split("/") if slash)
    return site if len(site) <= _LONGEST and is_plain and _SITE.fullmatch(site) else ""
