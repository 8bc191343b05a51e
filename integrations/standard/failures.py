"""What a shop's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN
from integrations.http import Answer


def of_status(answer: Answer) -> EffectError | None:
    """The failure a status stands for; None for 2xx."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return PermanentFailure(ACCESS_REFUSED, "the shop refuses our access token or signature")
    if status == 429:
        return TemporaryFailure(SLOW_DOWN, "the shop asks us to slow down", answer.retry_after)
    if status >= 500 or status == 408:
        return TemporaryFailure("platform_down", f"the shop answered {status}", answer.retry_after)
    if 300 <= status < 400:
        return PermanentFailure("redirected", "the shop's address leads elsewhere; redirects are not followed")
    return PermanentFailure("platform_refused", f"the shop answered {status}")
