"""What BigCommerce's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN
from integrations.http import LONGEST_WAIT_SECONDS, Answer, scrub

NOT_FOUND = "not_found"
_STATUS = {
    401: (ACCESS_REFUSED, "BigCommerce refused the access token"),
    403: ("access_denied", "the access token lacks a scope"),
    404: (NOT_FOUND, "BigCommerce has nothing there"),
}
_LATER = (408, 423, 499)


def of_status(answer: Answer) -> EffectError | None:
    """The failure an HTTP status stands for; None when the answer is to be read."""
    if 200 <= answer.status < 300 and answer.status != 207:
        return None
    if answer.status == 429:
        return TemporaryFailure(SLOW_DOWN, "BigCommerce asks us to slow down", _seconds_until_quota(answer))
    if answer.status >= 500 or answer.status in _LATER:
        return TemporaryFailure("platform_down", f"BigCommerce answered {answer.status}", answer.retry_after)
    if answer.status in _STATUS:
        return PermanentFailure(*_STATUS[answer.status])
    return PermanentFailure("platform_refused", f"BigCommerce answered {answer.status}: {_words(answer)}")


def _seconds_until_quota(answer: Answer) -> float | None:
    """Source: "Rate limits": the window's rest stands in milliseconds in a header of their own."""
    rest = answer.headers.get("X-Rate-Limit-Time-Reset-Ms", "").strip()
    if rest.isascii() and rest.isdigit():
        return min(int(rest[:12]) / 1000, LONGEST_WAIT_SECONDS)
    return answer.retry_after


def _words(answer: Answer) -> str:
    """V2 says why in a list of messages, V3 in a title."""
    try:
        said = answer.json()
    except ValueError:
        return "without words"
    said = said[0] if isinstance(said, list) and said else said
    if not isinstance(said, dict):
        return "without words"
    return scrub(str(said.get("title") or said.get("message") or "without words"))
