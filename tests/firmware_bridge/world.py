"""One small named world for the bridge's tests: a bank of 24 doors on two boards, and grants for it."""

from __future__ import annotations

import base64
import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from firmware_bridge.protocol import codes
from tests.firmware_bridge.fake_cloud import BANK_KEY

SIZES = ("S", "M", "L", "XL")
DOORS = [
    {
        "number": n + 1,
        "board": n // 16,
        "channel": n % 16,
        "row": n % 6,
        "column": n // 6,
        "height": 1,
        "size": SIZES[n // 6],
        "accessible": n % 6 > 3,
    }
    for n in range(24)
]
LAYOUT = {
    "hash": "layout-1",
    "bank": {"id": "bank-1", "name": "Entrance"},
    "store": {"name": "Example Store", "time_zone": "Europe/Amsterdam"},
    "board": "kerong-cu16",
    "doors": DOORS,
}


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait for something to become true and return it; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.005)
    return found


def grant(
    *places: int | None,
    id: str = "grant-1",
    selector: int = 47,
    secret: int = 193508,
    version: int = 1,
    active: bool = True,
    unpaid: bool = False,
    starts: float = -60,
    ends: float = 86400,
    lease: float = 86400,
    now: float | None = None,
    token: bytes = b"q" * 16,
) -> dict[str, Any]:
    """A grant on the wire, for doors by number and None for the counter. Times are seconds from `now`."""
    code, salt, base = codes.make_code(selector, secret), b"s" * 16, now or time.time()

    def at(seconds: float) -> str:
        return dt.datetime.fromtimestamp(base + seconds, dt.UTC).isoformat()

    return {
        "id": id,
        "version": version,
        "revoked": False,
        "active": active,
        "unpaid": unpaid,
        "selector": code.selector,
        "salt": base64.b64encode(salt).decode(),
        "verifier": base64.b64encode(codes.verifier(BANK_KEY, id, version, code.secret, salt)).decode(),
        "qr_sha256": codes.qr_hash(token),
        "valid_from": at(starts),
        "valid_until": at(ends),
        "lease_until": at(lease),
        "placements": [
            {"id": f"{id}-place-{n}", "kind": "counter" if door is None else "compartment", "door": door}
            for n, door in enumerate(places)
        ],
    }
