"""What Square's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from typing import Any

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN
from integrations.http import Answer, scrub

NOT_FOUND, VERSION_MISMATCH, KEY_USED = "not_found", "version_mismatch", "key_used"
_MISMATCHES = ("VERSION_MISMATCH", "VERSION_TOKEN_MISMATCH")
_STATUS = {
    401: (ACCESS_REFUSED, "Square refused the access token"),
    403: ("access_denied", "the access token lacks a permission"),
    404: (NOT_FOUND, "Square has nothing there"),
}


def of_answer(answer: Answer) -> EffectError | None:
    """The failure an answer stands for; None when it is to be read."""
    if 200 <= answer.status < 300:
        return None
    error = _first_error(answer)
    code = str(error.get("code") or "")
    if answer.status == 429 or code == "RATE_LIMITED":
        return TemporaryFailure(SLOW_DOWN, "Square asks us to slow down", answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        return TemporaryFailure("platform_down", f"Square answered {answer.status}", answer.retry_after)
    if code in _MISMATCHES:
        return PermanentFailure(VERSION_MISMATCH, "the order changed meanwhile")
    if code == "IDEMPOTENCY_KEY_REUSED":
        return PermanentFailure(KEY_USED, "something was done under this key already")
    if answer.status in _STATUS:
        return PermanentFailure(*_STATUS[answer.status])
    words = f"{code or answer.status} {error.get('detail') or ''}"
    return PermanentFailure("platform_refused", f"Square refused: {scrub(words)}")


def _first_error(answer: Answer) -> dict[str, Any]:
    try:
        errors = answer.json()["errors"]
        return errors[0] if isinstance(errors[0], dict) else {}
    except (ValueError, KeyError, TypeError, IndexError):
        return {}
