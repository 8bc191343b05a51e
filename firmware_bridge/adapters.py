"""Where the lock boards' line may be: the adapters that are plugged in, and the one that an installer chose."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BY_ID = Path("/dev/serial/by-id")
KEY = "line"
AWAY, BARRED = "is not there", "may not be opened by this user"


@dataclass(frozen=True)
class Adapter:
    """One line; `trouble` says why it cannot be used, and is empty when it can."""

    path: str
    trouble: str = ""


def found() -> list[str]:
    """The serial adapters by the names that stay theirs."""
    return sorted(str(each) for each in BY_ID.iterdir()) if BY_ID.is_dir() else []


def look(path: str) -> Adapter:
    """A line as it is now; one over the network is only seen when it is spoken on."""
    if "://" in path:
        return Adapter(path)
    if not Path(path).exists():
        return Adapter(path, AWAY)
    return Adapter(path, "" if os.access(path, os.R_OK | os.W_OK) else BARRED)


def offered(configured: str, scanner: str | None) -> list[Adapter]:
    """The line of the settings first, then the others; never the scanner's."""
    others = [path for path in found() if path not in (configured, scanner)]
    return [look(path) for path in (configured, *others)]


def chosen(read: Callable[[str], str | None], configured: str) -> str:
    """The line to use: an installer's choice counts until somebody changes the settings."""
    kept = json.loads(read(KEY) or "{}")
    return str(kept["line"]) if kept.get("instead_of") == configured else configured


def choice(line: str, configured: str) -> str:
    """What is kept of a choice under KEY."""
    return json.dumps({"line": line, "instead_of": configured})
