"""Which selector a new code gets, from those not in use and rested. Pure: the caller draws the numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set

from firmware_bridge.protocol.codes import SELECTOR_DIGITS

SELECTOR_REST = dt.timedelta(hours=24)
"""How long a selector rests after its grant, so that yesterday's code meets nobody else's grant."""
SELECTORS = 10**SELECTOR_DIGITS


def free_selector(taken: Set[int], drawn: int) -> int | None:
    """The free selector that comes `drawn`-th (modulo how many there are); None when all are taken."""
    if len(taken) >= SELECTORS:
        return None
    chosen = drawn % (SELECTORS - len(taken))
    for selector in sorted(taken):
        if selector <= chosen:
            chosen += 1
    return chosen
