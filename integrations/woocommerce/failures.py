"""What a shop's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN
from integrations.http import Answer, scrub

GONE = "not_there"
"""The code that says: there is no such order."""
_INVALID_ID = ("woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id")
_REFUSED = "woocommerce_rest_"


def of_answer(answer: Answer) -> EffectError | None:
    """The failure an answer stands for; None when it is to be read.

    What stands before the shop (a firewall, a cache, a host's page for maintenance) answers in HTML, WordPress in JSON:
    a refusal in other words than WordPress' own is not the shop's last word.
    """
    if answer.status in (200, 201):
        return None
    code, message = words_of(answer)
    if answer.status == 429:
        return TemporaryFailure(SLOW_DOWN, "the shop asks us to slow down", answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        if code.startswith(_REFUSED):
            return PermanentFailure("platform_refused", scrub(message))
        return TemporaryFailure("platform_down", f"the shop answered {answer.status}", answer.retry_after)
    if answer.status == 401:
        return PermanentFailure(ACCESS_REFUSED, "the shop refused our key, or it may not read and write")
    if answer.status == 403:
        if code:
            return PermanentFailure(ACCESS_REFUSED, "whoever made our key may not do this any more")
        return TemporaryFailure("blocked", "something before the shop refused us, such as a firewall")
    if answer.status == 404:
        return _of_not_found(code)
    if 300 <= answer.status < 400:
        return PermanentFailure("shop_moved", "the shop's address leads elsewhere: connect it by its present one")
    return PermanentFailure("platform_refused", scrub(f"{code} {message}") or f"the shop answered {answer.status}")


def words_of(answer: Answer) -> tuple[str, str]:
    """Code and message of WordPress' JSON error; two empty texts for what is none."""
    try:
        said = answer.json()
    except ValueError:
        return "", ""
    if not isinstance(said, dict) or not isinstance(said.get("code"), str):
        return "", ""
    return said["code"], str(said.get("message", ""))


def _of_not_found(code: str) -> PermanentFailure:
    if code in _INVALID_ID:
        return PermanentFailure(GONE, "the shop has no such order")
    return PermanentFailure("no_such_api", "no WooCommerce answers there: is it active, are permalinks not plain?")
