"""What `bopis-bridge status` prints, from what the running bridge answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any


def path(*, door: int | None, line: bool) -> str:
    """Where the bridge is asked for it."""
    if line:
        return "/line"
    return "/status" if door is None else f"/doors?door={door}"


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The answer for people."""
    if "frames" in told:
        yield from _frames(told) if told["frames"] else ["Nothing was on the line yet."]
    elif "well" not in told:
        yield from map(_door, told["doors"]) if told["doors"] else ["Nothing happened to that door lately."]
    else:
        yield from _status(told)


def _status(told: Mapping[str, Any]) -> Iterator[str]:
    doors = told["doors"]
    yield f"bridge {told['software']}, up {told['up_seconds'] // 60} min, {'online' if told['online'] else 'offline'}"
    yield f"doors: {doors['shut']} shut, {doors['open']} open, {doors['unknown']} unknown"
    for board, health in told["line"]["boards"].items():
        share = f"{100 * health['error_rate']:.1f} % unanswered or damaged"
        yield f"board {board}: asked {health['asked']} times, {share}; {health['pulsed']} pulses, {_odd(health)}"
    yield f"events the service has not taken yet: {told['journal']['waiting_events']}"
    yield f"clock: {told['clock']['state']}; disk: {told['disk']['free_bytes'] // 1_000_000} MB free"
    if told["lately"]:
        yield "lately:"
        yield from (f"  {_door(line)}" for line in told["lately"])
    yield from (f"! {trouble}" for trouble in told["troubles"])


def _odd(health: Mapping[str, Any]) -> str:
    return f"{health['rejected']} rejected, {health['silent']} silences, {health['damaged']} damaged answers"


def _door(line: Mapping[str, Any]) -> str:
    return f"{dt.datetime.fromtimestamp(line['at']).astimezone():%Y-%m-%d %H:%M:%S}  {line['words']}"


def _frames(told: Mapping[str, Any]) -> Iterator[str]:
    """Each frame with how many seconds ago it was on the line."""
    for frame in told["frames"]:
        yield f"{told['now'] - frame['mono']:9.3f} s ago  {frame['direction']:4}  {frame['hex']}"
