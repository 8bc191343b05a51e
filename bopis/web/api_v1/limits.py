"""How often a key may ask: a bucket of tokens each, in Redis. Without Redis everybody may; it is said once."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass

import redis

from bopis.bell import connect

AT_ONCE, A_SECOND = 120, 10
"""Requests that a key may make in one go, and those it gets back each second."""
_LEFT_ALONE = 5.0
"""Seconds in which a Redis that did not answer is not asked again: no request waits for it twice."""
log = logging.getLogger(__name__)

# Redis's own clock, so that all our machines count alike.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most, a_second = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local passed = math.max(0, now - (tonumber(kept[2]) or now))
local left = math.min(most, (tonumber(kept[1]) or most) + passed * a_second / 1000)
local taken = 0
if left >= 1 then
    taken = 1
    left = left - 1
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(most / a_second * 1000) + 1000)
return {taken, tostring(left)}
"""


@dataclass(frozen=True)
class Taken:
    """Whether a request may go on, and how many more may follow at once."""

    allowed: bool
    left: float
    at_once: int
    a_second: float

    def wait(self) -> int:
        """Seconds until one more may be made; 0 for now."""
        return max(0, math.ceil((1 - self.left) / self.a_second))

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers writes it."""
        window = math.ceil(self.at_once / self.a_second)
        return {
            "RateLimit-Policy": f'"key";q={self.at_once};w={window}',
            "RateLimit": f'"key";r={int(self.left)};t={self.wait()}',
        }


class Lid:
    """Counts requests by key. Safe to share between threads."""

    def __init__(self, redis_url: str, at_once: int = AT_ONCE, a_second: float = A_SECOND) -> None:
        self._redis = connect(redis_url)
        self._take = self._redis.register_script(_TAKE)
        self._at_once, self._a_second = at_once, a_second
        self._away_until = 0.0
        self._said = False

    def take(self, key_id: str) -> Taken | None:
        """Count one request of this key; None when nobody counts."""
        if time.monotonic() < self._away_until:
            return None
        try:
            allowed, left = self._take(keys=[f"bopis:api:{key_id}"], args=[self._at_once, self._a_second])
        except redis.RedisError as problem:
            self._away_until = time.monotonic() + _LEFT_ALONE
            if not self._said:
                log.warning("requests of keys are not counted, since Redis does not answer: %s", type(problem).__name__)
            self._said = True
            return None
        if self._said:
            log.info("requests of keys are counted again")
        self._said = False
        return Taken(bool(allowed), float(left), self._at_once, self._a_second)
