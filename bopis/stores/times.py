"""Times as people in a store read them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def in_store(at: dt.datetime, time_zone: str) -> str:
    """`Wed 25 Nov 18:00`, in the store's time zone."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"
