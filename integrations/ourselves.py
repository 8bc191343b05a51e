"""Our own public address, called from outside as a platform calls it (`bopis.ports.OwnAddress`).

The address is our own setting, so it may be on any network; what it answers is a stranger's word all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from bopis.ports import Seen
from integrations import http

_BEGINNING = 2000


class OwnAddress:
    """Redirects are not followed, as no platform follows them."""

    def call(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Seen:
        """Post this body, or ask when there is none. Raises TemporaryFailure or PermanentFailure."""
        answer = http.call("GET" if body is None else "POST", url, safe=True, headers=headers, data=body)
        return Seen(answer.status, answer.headers.get("Location", "")[:300], answer.text[:_BEGINNING])
