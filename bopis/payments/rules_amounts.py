"""Amounts as people write and read them. Pure."""

from __future__ import annotations

import re

from bopis.errors import Invalid
from bopis.money import DECIMALS

_TYPED = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,3}))?")


def written(amount: int, currency: str) -> str:
    """`19.99 EUR`, `500 JPY`, `1.230 KWD`; a minus in front of what is below zero."""
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(abs(amount), 10**decimals)
    sign = "−" if amount < 0 else ""
    point = f".{part:0{decimals}d}" if decimals else ""
    return f"{sign}{whole:,}{point} {currency}".replace(",", "\u202f")


_BEFORE = {"USD": "$", "GBP": "£", "JPY": "¥"}


def for_shopper(amount: int, currency: str) -> str:
    """`19.99 €`, `$19.99`, `¥500`; where no sign is known everywhere, as `written`."""
    number = written(amount, currency).rpartition(" ")[0]
    if currency in _BEFORE:
        return f"{_BEFORE[currency]}{number}"
    return f"{number} €" if currency == "EUR" else f"{number} {currency}"


def read(text: str, currency: str) -> int:
    """Minor units of what a person typed, with a point or a comma. Raises Invalid."""
    decimals = DECIMALS.get(currency, 2)
    typed = _TYPED.fullmatch("".join(text.split()))
    if typed is None or len(typed[2] or "") > decimals:
        example = written(1230 if decimals == 3 else 1999, currency).rpartition(" ")[0]
        raise Invalid("bad_amount", f"Write the amount in {currency}, such as {example}.")
    return int(typed[1]) * 10**decimals + int((typed[2] or "").ljust(decimals, "0") or 0)
