"""What a key may do, as data. What is not named in a key is not allowed to it."""

from __future__ import annotations

from collections.abc import Iterable

from bopis.errors import Invalid

SCOPES: dict[str, str] = {
    "stores:read": "See stores, their lockers and every compartment",
    "pickups:read": "See pickups and what happened to them",
    "pickups:write": "Keep pickups longer and call them off",
    "orders:write": "Send orders of a shop that is connected by this API",
    "shoppers:read": "See shoppers’ names, phone numbers and e-mail addresses",
}
"""Scope → what it lets its holder do."""


def checked(wanted: Iterable[str]) -> list[str]:
    """The scopes in the table's order, each once. Raises Invalid for none at all, or one that there is not."""
    asked = set(wanted)
    unknown = sorted(asked - SCOPES.keys())
    if unknown:
        raise Invalid("bad_scope", f"There is no scope {unknown[0][:40]!r}. There are: {', '.join(SCOPES)}.")
    if not asked:
        raise Invalid("no_scope", "Choose at least one thing that the key may do.")
    return [scope for scope in SCOPES if scope in asked]
