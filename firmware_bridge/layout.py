"""The picture of the bank as the cloud sends it: which door hangs on which coil, and where people see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmware_bridge.boards import BOARDS, SENSOR, BadOptions, LockBoard

SENSORS = SENSOR.values


class BadLayout(Exception):
    """A layout that cannot be right; the text says what is wrong."""


@dataclass(frozen=True)
class Spot:
    """One door's place. `row` counts from the top, `column` from the left, `height` is in rows."""

    board: int
    channel: int
    size: str
    row: int
    column: int
    height: int
    accessible: bool
    cold: str = ""
    """chilled or frozen; empty when it is as warm as the room."""

    @property
    def wiring(self) -> str:
        return f"{self.board}:{self.channel}"


@dataclass(frozen=True)
class Layout:
    """A whole bank."""

    hash: str
    bank: str
    store: str
    board: LockBoard
    doors: Mapping[int, Spot]
    sensor: str = "door"
    """What the sensors look at, one of SENSORS. A hook that is open says that a door is unlocked, not that it moved."""

    @property
    def boards(self) -> dict[int, tuple[int, ...]]:
        """The channels that have doors, by board."""
        wired = sorted((spot.board, spot.channel) for spot in self.doors.values())
        return {board: tuple(channel for each, channel in wired if each == board) for board, _ in wired}


def read_layout(body: Mapping[str, Any]) -> Layout:
    """Read the wire's Layout. Raises BadLayout: a door or a coil named twice, or one no such board can have, or an
    option the boards do not take."""
    try:
        driver, sensor = read_board(body["board"], body.get("board_options"))
        doors = {int(door["number"]): _spot(door) for door in body["doors"]}
        layout = Layout(str(body["hash"]), str(body["bank"]["name"]), str(body["store"]["name"]), driver, doors, sensor)
    except BadOptions as problem:
        raise BadLayout(str(problem)) from problem
    except (KeyError, TypeError, ValueError) as problem:
        raise BadLayout(f"the layout is incomplete or names an unknown board ({problem!r})") from problem
    if len(doors) != len(body["doors"]) or len({spot.wiring for spot in doors.values()}) != len(doors):
        raise BadLayout("the layout names a door or a coil twice")
    for number, spot in doors.items():
        if spot.board not in driver.boards or not 0 <= spot.channel < driver.channels:
            raise BadLayout(f"door {number} is on a coil no {driver.name} can have")
    return layout


def read_board(name: str, options: Mapping[str, Any] | None) -> tuple[LockBoard, str]:
    """A bank's boards and what their sensors look at: the option `sensor`, which every kind of board takes.

    Raises KeyError for a board there is none of, BadOptions.
    """
    given = dict(options or {})
    sensor = given.pop("sensor", SENSORS[0])
    if sensor not in SENSORS:
        raise BadOptions(f"sensor of {name} must be one of {', '.join(SENSORS)}, not {sensor!r}.")
    return BOARDS[name](given), sensor


def _spot(door: Mapping[str, Any]) -> Spot:
    return Spot(
        int(door["board"]),
        int(door["channel"]),
        str(door["size"]),
        int(door["row"]),
        int(door["column"]),
        int(door.get("height", 1)),
        bool(door.get("accessible", False)),
        str(door.get("cold", "")),
    )
