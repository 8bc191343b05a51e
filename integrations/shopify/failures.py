"""What Shopify's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from integrations.http import Answer, scrub

_STATUS = {
    401: ("token_revoked", "Shopify refused the access token"),
    403: ("token_revoked", "Shopify refused the access token"),
    402: ("shop_frozen", "the shop is frozen until its bill is paid"),
    423: ("shop_frozen", "the shop is locked"),
    404: ("shop_not_found", "the shop is gone or was renamed"),
}
_ERRORS = {
    "ACCESS_DENIED": ("access_denied", "the access token lacks a scope"),
    "MAX_COST_EXCEEDED": ("query_too_costly", "the query asks for too much"),
    "SHOP_INACTIVE": ("shop_frozen", "the shop is not active"),
}


def of_status(answer: Answer) -> EffectError | None:
    """The failure an HTTP status stands for; None when the answer is to be read."""
    if answer.status == 200:
        return None
    if answer.status == 429:
        return TemporaryFailure("throttled", "Shopify asks us to slow down", answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        return TemporaryFailure("platform_down", f"Shopify answered {answer.status}", answer.retry_after)
    code, message = _STATUS.get(answer.status, ("platform_refused", f"Shopify answered {answer.status}"))
    return PermanentFailure(code, message)


def of_errors(errors: Any, cost: Any) -> EffectError:
    """The failure GraphQL's top-level errors stand for; `cost` is the answer's cost block."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str((first.get("extensions") or {}).get("code", ""))
    if code == "THROTTLED" or first.get("message") == "Throttled":
        return TemporaryFailure("throttled", "Shopify asks us to slow down", _seconds_until_affordable(cost))
    if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
        return TemporaryFailure("platform_down", "Shopify could not carry the request out")
    if code in _ERRORS:
        return PermanentFailure(*_ERRORS[code])
    return PermanentFailure("platform_refused", scrub(str(first.get("message", "an error without words"))))


def of_user_errors(errors: Sequence[Mapping[str, Any]]) -> PermanentFailure:
    """The failure a mutation's userErrors stand for: Shopify's own code in lower case where there is one."""
    code = str(errors[0].get("code") or "platform_refused").lower()
    return PermanentFailure(code, scrub("; ".join(str(error.get("message", "")) for error in errors)))


def _seconds_until_affordable(cost: Any) -> float | None:
    try:
        bucket = cost["throttleStatus"]
        missing = cost["requestedQueryCost"] - bucket["currentlyAvailable"]
        return round(min(max(missing / bucket["restoreRate"], 1.0), 60.0), 1)
    except (KeyError, TypeError, ZeroDivisionError):
        return None
