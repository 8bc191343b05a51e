"""Adobe's public keys, which sign its events: fetched from its one address, and remembered."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bopis.errors import EffectError
from integrations import http

ADOBE = "https://static.adobeioevents.com"
KEPT_SECONDS = 24 * 3600.0
NOT_THERE_SECONDS = 30.0
READ_SECONDS = 3.0
_MOST = 20
_PATH = re.compile(r"(?:/[A-Za-z0-9_-]{1,64}){1,4}\.pem")


class PublicKeys:
    """`base_url` stands for Adobe's own address, which no delivery may change: only the path is its word."""

    def __init__(self, base_url: str = ADOBE, clock: Callable[[], float] = time.monotonic) -> None:
        self._base_url, self._clock = base_url.rstrip("/"), clock
        self._known: dict[str, tuple[float, RSAPublicKey]] = {}
        self._missed_at = -NOT_THERE_SECONDS
        self._asking = threading.Lock()

    def of(self, path: str) -> RSAPublicKey | None:
        """The key at this path, None where there is none or it cannot be had now; Adobe sends again what we refuse.

        Paths are a stranger's word: one is asked for at a time, and after a miss none for half a minute.
        """
        kept = self._known.get(path)
        if kept and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        if not _PATH.fullmatch(path) or not self._asking.acquire(blocking=False):
            return kept[1] if kept else None
        try:
            if self._clock() - self._missed_at < NOT_THERE_SECONDS:
                return kept[1] if kept else None
            return self._asked_for(path)
        finally:
            self._asking.release()

    def _asked_for(self, path: str) -> RSAPublicKey | None:
        try:
            answer = http.call("GET", self._base_url + path, safe=True, read_seconds=READ_SECONDS)
            key = load_pem_public_key(answer.body) if answer.status == 200 else None
        except (EffectError, ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPublicKey):
            self._missed_at = self._clock()
            return None
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[path] = (self._clock(), key)
        return key
