"""Phone numbers as platforms hold them, made E.164."""

from __future__ import annotations

from collections.abc import Iterable

import phonenumbers


def e164(text: str, region: str) -> str:
    """The number in E.164, or "" when it cannot be one; `region` is the ISO 3166 code a national number is read in.

    Only valid numbers pass: `555-0100` is "possible" in the United States and would become a stranger's number.
    """
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def first_e164(candidates: Iterable[tuple[str | None, str | None]], fallback_region: str = "") -> str:
    """The first of (text, region) pairs that is a valid number, or ""."""
    for text, region in candidates:
        number = e164(text, region or fallback_region) if text else ""
        if number:
            return number
    return ""
