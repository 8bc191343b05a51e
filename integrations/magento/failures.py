"""What a shop's refusals mean. Closed by default: whatever has no row is a failure a person must look at."""

from __future__ import annotations

from bopis.errors import EffectError, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, SLOW_DOWN
from integrations.http import Answer, scrub

GONE = "not_there"
"""The code that says: the shop has no such thing."""
NO_SUCH_API = "no_such_api"
SURELY_NOT_DONE = (SLOW_DOWN,)
"""Codes of failures that came before anything was done."""
_NO_ROUTE = "Request does not match any route"


def of_answer(answer: Answer) -> EffectError | None:
    """The failure an answer stands for; None when it is to be read.

    Magento refuses in JSON; what stands before it (a cache, a firewall, its own page for maintenance) answers in HTML,
    and what is no Magento at all answers 404 as well.
    """
    if 200 <= answer.status < 300:
        return None
    message = _message(answer)
    if answer.status == 429:
        return TemporaryFailure(SLOW_DOWN, "the shop asks us to slow down", answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        return TemporaryFailure("platform_down", f"the shop answered {answer.status}", answer.retry_after)
    if answer.status in (401, 403):
        if message is None and answer.status == 403:
            return TemporaryFailure("blocked", "something before the shop refused us, such as a firewall")
        return PermanentFailure(ACCESS_REFUSED, "the shop refused our token, or it lacks a permission")
    if answer.status == 404:
        if message is None or message.startswith(_NO_ROUTE):
            return PermanentFailure(NO_SUCH_API, "no such Magento API answers there")
        return PermanentFailure(GONE, "the shop has nothing there")
    if 300 <= answer.status < 400:
        return PermanentFailure("shop_moved", "the shop's address leads elsewhere: connect it by its present one")
    return PermanentFailure("platform_refused", f"the shop refused: {scrub(message or str(answer.status))}")


def _message(answer: Answer) -> str | None:
    """The words of Magento's JSON error, `%1` as it stands: what would fill it may be a person's. None for no such."""
    try:
        said = answer.json()
    except ValueError:
        return None
    message = said.get("message") if isinstance(said, dict) else None
    return message if isinstance(message, str) else None
