"""Primary keys we make ourselves."""

from __future__ import annotations

import datetime as dt
import os
import time


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sortable by creation to the millisecond, 74 random bits, as text."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    chance = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | chance & ~_FIXED | 0x7 << 76 | 0b10 << 62
    written = f"{value:032x}"
    return f"{written[:8]}-{written[8:12]}-{written[12:16]}-{written[16:20]}-{written[20:]}"


_FIXED = 0xF << 76 | 0b11 << 62


def first_id(at: dt.datetime) -> str:
    """What every id made from `at` on comes after, and every earlier one before: so the primary key finds them."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"
