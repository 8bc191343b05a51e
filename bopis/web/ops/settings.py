"""A bank's settings in words, and who changed what of them lately."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bopis import changes
from bopis.lockers.boards import settings_of
from bopis.lockers.knobs import Explained, Knobs, explained
from bopis.lockers.models import Bank
from bopis.staff.queries import names

_LAST = 8
"""Changes shown."""
LABELS = {
    "ask": "How doors are asked",
    "channels": "Doors on one board",
    "coil_sense": "A relay opens its door when it goes",
    "feedback": "Feedback contact",
    "inputs_inverted": "Sensors read the other way round",
    "pulse_ms": "Coil on, in milliseconds",
    "query": "Question to the board",
    "rest_ms": "A coil rests, in milliseconds",
    "sensor": "Sensors look at",
    "staff_offline_hours": "Staff sign in without internet, in hours",
    **{knob.name: knob.label for knob in explained()},
}
"""A setting's name → what people read; VALUES the same of values."""
VALUES: dict[Any, str] = {
    "off-opens": "off",
    "on-opens": "on",
    "short-when-locked": "short when locked",
    "short-when-unlocked": "short when unlocked",
    "door": "the door",
    "hook": "the lock’s hook",
    "all": "all at once",
    "each": "one by one",
    True: "yes",
    False: "no",
}


def shown(session: Session, bank: Bank) -> dict[str, Any]:
    """What the bank's page needs for its settings: `settings`, `knobs`, `changed` (who changed what, newest first),
    words."""
    found = changes.latest(session, [bank.id, bank.store_id], _LAST)
    who = names(session, bank.merchant_id, {each.actor.removeprefix("staff:") for each in found})
    changed = [(each.at, who.get(each.actor.removeprefix("staff:"), "Somebody"), _said(each)) for each in found]
    return {
        "settings": settings_of(bank),
        "knobs": knobs_of(bank),
        "changed": changed,
        "labels": LABELS,
        "values": VALUES,
    }


def knobs_of(bank: Bank) -> list[tuple[Explained, int]]:
    """Every knob of the choice of doors with its value there."""
    now = Knobs.of(bank.knobs)
    return [(knob, getattr(now, knob.name)) for knob in explained()]


def _said(change: changes.SettingChange) -> list[str]:
    """`Coil on, in milliseconds: 500 → 1000`, one for each setting that is another now."""
    before, after = change.before["value"], change.after["value"]
    if not isinstance(after, dict):
        before, after = {change.what: before}, {change.what: after}
    return [
        f"{LABELS.get(name, name)}: {_word(before.get(name))} → {_word(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _word(value: Any) -> str:
    """As people read it; 1 and True are one key of a table, and not one word."""
    if value is None:
        return "as usual"
    return str(value) if type(value) is int else VALUES.get(value, str(value))
