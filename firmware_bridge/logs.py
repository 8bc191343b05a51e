"""How the bridge's log looks: a line for people, or one JSON object a line for machines. Neither holds a code."""

from __future__ import annotations

import datetime as dt
import json
import logging

TEXT = "%(asctime)s %(levelname)s %(message)s"
FORMATS = ("text", "json")


class JsonLines(logging.Formatter):
    """`at`, `level`, `from`, `words`, and `door` where the line is about one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("firmware_bridge."),
            "words": record.getMessage(),
        }
        if isinstance(record.args, tuple) and str(record.msg).startswith("door %d"):
            line["door"] = record.args[0]
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up(form: str) -> None:
    """Log to standard error in one of FORMATS."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("waitress").setLevel(logging.WARNING)
