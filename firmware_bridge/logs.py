"""How the bridge's log looks: a line for people, or one JSON object a line for machines. Neither holds a code."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import deque
from contextlib import nullcontext
from typing import Any

TEXT = "%(asctime)s %(levelname)s %(message)s"
FORMATS = ("text", "json")


DOOR_LINES_KEPT = 200


class Lately(logging.Handler):
    """What was last said of doors, in memory, oldest first: for whoever asks what happened. No code is ever said."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[dict[str, Any]] = deque(maxlen=DOOR_LINES_KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        door = door_of(record)
        if door is not None:
            self._lines.append({"at": record.created, "door": door, "words": record.getMessage()})

    def lines(self) -> list[dict[str, Any]]:
        """Each with `at` (epoch seconds, by the computer's clock), `door` and `words`."""
        with self.lock or nullcontext():
            return list(self._lines)


def door_of(record: logging.LogRecord) -> int | None:
    """The door a line is about, if it is about one."""
    about = isinstance(record.args, tuple) and str(record.msg).startswith("door %d")
    return int(record.args[0]) if about else None  # type: ignore[index, arg-type]


class JsonLines(logging.Formatter):
    """`at`, `level`, `from`, `words`, and `door` where the line is about one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("firmware_bridge."),
            "words": record.getMessage(),
        }
        door = door_of(record)
        if door is not None:
            line["door"] = door
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up(form: str) -> Lately:
    """Log to standard error in one of FORMATS, and keep what is said of doors."""
    handler, lately = logging.StreamHandler(), Lately()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler, lately], force=True)
    logging.getLogger("waitress").setLevel(logging.WARNING)
    return lately
