"""What Twilio's numbers mean: one row each, ours in words. Source: twilio.com/docs/api/errors."""

from __future__ import annotations

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from integrations.http import Answer

_NAMES = {
    20003: "credentials_refused",
    21211: "invalid_number",
    21212: "sender_refused",
    21408: "region_not_allowed",
    21606: "sender_refused",
    21608: "number_not_verified",
    21610: "opted_out",
    21611: "sender_queue_full",
    21612: "no_route",
    21614: "not_a_mobile",
    21617: "text_too_long",
    21635: "landline",
    30001: "queue_overflow",
    30002: "account_suspended",
    30003: "unreachable",
    30004: "blocked",
    30005: "unknown_number",
    30006: "landline",
    30007: "filtered",
    30008: "unknown_error",
    30022: "rate_exceeded",
    30023: "daily_cap_reached",
    30024: "sender_not_provisioned",
    30032: "sender_not_verified",
    30034: "sender_not_registered",
}
_LATER = (20429, 21611)


def name_of(number: object) -> str:
    """Our stable word for one of Twilio's error numbers; "" for none."""
    text = str(number or "")
    if not text.isascii() or not text.isdigit() or text == "0":
        return ""
    return _NAMES.get(int(text), f"provider_{text[:6]}")


def of_answer(answer: Answer, sending: bool) -> EffectError | None:
    """The failure an answer stands for, None for a 2xx; `sending` says that a 5xx may have sent a text all the same."""
    if 200 <= answer.status < 300:
        return None
    number = _number(answer)
    if answer.status == 429 or number in _LATER:
        return TemporaryFailure("throttled", "the provider asks us to slow down", answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        kind = OutcomeUnknown if sending else TemporaryFailure
        return kind("provider_down", f"the provider answered {answer.status}", answer.retry_after)
    if answer.status in (401, 403) and not number:
        return PermanentFailure("credentials_refused", "the provider refused the credentials")
    code = name_of(number) or "provider_refused"
    return PermanentFailure(code, f"the provider refused the request ({number or answer.status})")


def unreadable(sending: bool) -> EffectError:
    """The failure of a 2xx that says nothing we can read: a text that was sent was accepted all the same."""
    kind = OutcomeUnknown if sending else TemporaryFailure
    return kind("unexpected_answer", "the provider's answer could not be read")


def _number(answer: Answer) -> int:
    try:
        return int(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return 0
