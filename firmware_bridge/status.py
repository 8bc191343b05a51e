"""How the bridge is, for monitoring on this machine: JSON at /status, Prometheus' text at /metrics. No secrets.

Only this machine may ask. `bopis-bridge status` prints the same for people.
"""

from __future__ import annotations

import ipaddress
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import flask

from firmware_bridge import SOFTWARE
from firmware_bridge.bus import Bus
from firmware_bridge.clock import from_iso
from firmware_bridge.journal import NotJournaled
from firmware_bridge.kiosk.view import Parts
from firmware_bridge.logs import Lately
from firmware_bridge.protocol.wire import DOOR_STATES, PROTOCOL

CLOCK_OFF_SECONDS = 60
LATELY_SHOWN = 10


class Asked(Protocol):
    """The parts of a running bridge that are asked."""

    parts: Parts
    bus: Bus
    started: float
    online_since: float | None
    synced_at: float | None
    refused: str | None
    lately: Lately


def snapshot(bridge: Asked) -> dict[str, Any]:
    """Everything worth watching. Times are epoch seconds as the bridge holds them."""
    journal = bridge.parts.journal
    clock, now = journal.clock, journal.clock.now()
    try:
        waiting, oldest = journal.backlog()
        used: int | None = journal.used()
    except NotJournaled:
        waiting, oldest, used = 0, None, None
    body = {
        "software": SOFTWARE,
        "protocol": PROTOCOL,
        "python": ".".join(map(str, sys.version_info[:3])),
        "up_seconds": round(time.monotonic() - bridge.started),
        "enrolled": bridge.parts.enrolled,
        "online": bridge.parts.online,
        "online_since": bridge.online_since,
        "synced_at": bridge.synced_at,
        "refused": bridge.refused,
        "doors": _doors(bridge.parts),
        "line": {"connected": bridge.bus.connected, "boards": {str(k): v for k, v in bridge.bus.health().items()}},
        "lately": bridge.lately.lines()[-LATELY_SHOWN:],
        "journal": {
            "readable": used is not None,
            "failing": journal.failing,
            "resyncing": journal.resyncing,
            "bytes": used or 0,
            "waiting_events": waiting,
            "oldest_waiting_seconds": round(max(0.0, now - from_iso(oldest))) if oldest else 0,
        },
        "disk": {"free_bytes": journal.disk.free(), "tight": journal.disk.tight},
        "clock": {"state": clock.state, "computer_ahead_seconds": round(clock.off(), 1)},
        "page_seconds": bridge.parts.page_seconds(),
        "memory_bytes": _memory(),
    }
    return {"well": not (troubles := list(_troubles(body))), "troubles": troubles, **body}


def add(app: flask.Flask, bridge: Asked) -> None:
    """`GET /status`, `GET /metrics`, `GET /doors` (door: what happened lately), `GET /line` (its last frames)."""

    @app.get("/status")
    def status() -> dict[str, Any]:
        _this_machine_only()
        return snapshot(bridge)

    @app.get("/metrics")
    def metrics() -> flask.Response:
        _this_machine_only()
        return flask.Response(prometheus(snapshot(bridge)), content_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/doors")
    def doors() -> dict[str, Any]:
        _this_machine_only()
        number = flask.request.args.get("door", type=int)
        return {"doors": [line for line in bridge.lately.lines() if number in (None, line["door"])]}

    @app.get("/line")
    def line() -> dict[str, Any]:
        _this_machine_only()
        return {"now": time.monotonic(), "frames": bridge.bus.trace.frames()}


def prometheus(body: dict[str, Any]) -> str:
    """The snapshot in Prometheus' text format."""
    return "".join(f"{line}\n" for line in _metrics(body))


def _doors(parts: Parts) -> dict[str, Any]:
    with parts.bank.lock:
        doors = list(parts.bank.doors.values())
    states = Counter(door.state for door in doors)
    return {
        "count": len(doors),
        **{state: states.get(state, 0) for state in DOOR_STATES},
        "out_of_service": sorted(door.number for door in doors if not door.in_service),
    }


def _troubles(body: dict[str, Any]) -> Iterator[str]:
    """What a person should look at, a sentence each."""
    doors, journal = body["doors"], body["journal"]
    if not body["enrolled"]:
        yield "Not enrolled: give it a code from the bank’s page with `bopis-bridge enrol`."
    elif body["refused"]:
        yield "The service does not know this bridge any more: give it a fresh code with `bopis-bridge enrol --anew`."
    elif not body["online"]:
        yield "Offline: the store goes on by itself; look at the network."
    if not journal["readable"] or journal["failing"]:
        yield "The disk is full or failing: no door opens by code."
    if journal["resyncing"]:
        yield "The journal was begun anew: it waits for the service before doors open."
    if doors["count"] and doors["unknown"] == doors["count"]:
        yield "No lock board answers: look at their power and cable."
    elif doors["unknown"]:
        yield f"{doors['unknown']} doors cannot be seen: look at their board."
    if doors["out_of_service"]:
        yield f"Out of service: {', '.join(map(str, doors['out_of_service']))}."
    if body["clock"]["state"] == "synced" and abs(body["clock"]["computer_ahead_seconds"]) > CLOCK_OFF_SECONDS:
        yield "The computer’s clock is off; the bridge keeps its own time, but look at NTP and the clock’s battery."


_SIMPLE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "bridge_well": lambda body: int(body["well"]),
    "bridge_up_seconds": lambda body: body["up_seconds"],
    "bridge_online": lambda body: int(body["online"]),
    "bridge_online_since_seconds": lambda body: body["online_since"] or 0,
    "bridge_synced_at_seconds": lambda body: body["synced_at"] or 0,
    "bridge_doors_out_of_service": lambda body: len(body["doors"]["out_of_service"]),
    "bridge_line_connected": lambda body: int(body["line"]["connected"]),
    "bridge_journal_bytes": lambda body: body["journal"]["bytes"],
    "bridge_journal_failing": lambda body: int(body["journal"]["failing"]),
    "bridge_journal_waiting_events": lambda body: body["journal"]["waiting_events"],
    "bridge_journal_oldest_waiting_seconds": lambda body: body["journal"]["oldest_waiting_seconds"],
    "bridge_disk_free_bytes": lambda body: body["disk"]["free_bytes"],
    "bridge_clock_synced": lambda body: int(body["clock"]["state"] == "synced"),
    "bridge_clock_ahead_seconds": lambda body: body["clock"]["computer_ahead_seconds"],
    "bridge_memory_bytes": lambda body: body["memory_bytes"],
}


def _metrics(body: dict[str, Any]) -> Iterator[str]:
    yield f'bridge_info{{software="{body["software"]}",protocol="{body["protocol"]}",python="{body["python"]}"}} 1'
    for name, value in _SIMPLE.items():
        yield f"# TYPE {name} gauge"
        yield f"{name} {value(body)}"
    for state in DOOR_STATES:
        yield f'bridge_doors{{state="{state}"}} {body["doors"][state]}'
    for board, health in body["line"]["boards"].items():
        for what in ("asked", "answered", "silent", "damaged", "pulsed", "rejected"):
            yield f'bridge_board_total{{board="{board}",what="{what}"}} {health[what]}'


def _memory() -> int:
    """Resident bytes now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _this_machine_only() -> None:
    asker = ipaddress.ip_address(flask.request.remote_addr or "0.0.0.0")  # noqa: S104, nobody's address
    if not asker.is_loopback:
        flask.abort(403)
