"""Who may do what, as data. What is not in the table is allowed to nobody."""

from __future__ import annotations

ROLES = ("associate", "manager", "admin")
_EVERYONE = frozenset(ROLES)
_IN_CHARGE = frozenset({"manager", "admin"})
_ADMIN = frozenset({"admin"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "connect": frozenset({"admin"}),
    "look": _EVERYONE,
    "look_everywhere": _IN_CHARGE,
    "take_presence": _EVERYONE,
    "load": _EVERYONE,
    "take_out": _EVERYONE,
    "set_aside": _EVERYONE,
    "hand_over": _EVERYONE,
    "take_payment": _EVERYONE,
    "unlock_code": _EVERYONE,
    "reclaim": _EVERYONE,
    "settle_task": _EVERYONE,
    "unlock_person": _IN_CHARGE,
    "remove_person": _IN_CHARGE,
    "repair_door": _IN_CHARGE,
    "oversee": _IN_CHARGE,
    "settle_anywhere": _IN_CHARGE,
    "close_door": _IN_CHARGE,
    "set_up_bank": _IN_CHARGE,
    "replay": _IN_CHARGE,
    "move_money": _IN_CHARGE,
    "enrol_bridge": _ADMIN,
    "revoke_bridge": _ADMIN,
    "end_quarantine": _ADMIN,
}


def may(role: str, action: str) -> bool:
    """Whether people of this role may do this."""
    return role in PERMISSIONS.get(action, frozenset())
