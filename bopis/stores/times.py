"""Times as people in a store read them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def in_store(at: dt.datetime, time_zone: str) -> str:
    """`Wed 25 Nov 18:00`, in the store's time zone."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def in_words(at: dt.datetime, said_at: dt.datetime, time_zone: str) -> str:
    """`today 18:00`, `tomorrow 18:00`, otherwise as `in_store`: as whoever hears it at `said_at` would say it."""
    zone = ZoneInfo(time_zone)
    local, heard = at.astimezone(zone), said_at.astimezone(zone)
    near = {0: "today", 1: "tomorrow"}.get((local.date() - heard.date()).days)
    return f"{near} {local:%H:%M}" if near else in_store(at, time_zone)
