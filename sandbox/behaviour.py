"""What a part of the sandbox was told to do wrong: switches, and counters that spend themselves."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """What was asked of the sandbox makes no sense; `code` for machines, the text for people."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Behaviour:
    """Named settings with defaults that also fix their types; all are at their default unless told otherwise."""

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = dict(defaults)
        self._values = dict(defaults)
        self._lock = threading.Lock()

    def change(self, wanted: Any) -> dict[str, Any]:
        """Set some; `{"reset": true}` sets all back first. Raises Refused and changes nothing."""
        if not isinstance(wanted, dict):
            raise Refused("not_an_object", "Send a JSON object.")
        wanted = dict(wanted)
        reset = wanted.pop("reset", False)
        for name, value in wanted.items():
            self._check(name, value)
        with self._lock:
            self._values = {**(self._defaults if reset else self._values), **wanted}
            return dict(self._values)

    def all(self) -> dict[str, Any]:
        """Every setting as it is now."""
        with self._lock:
            return dict(self._values)

    def get(self, name: str) -> Any:
        """One setting as it is now."""
        with self._lock:
            return self._values[name]

    def spend(self, name: str) -> bool:
        """Whether a counter still had one left; it has one less now."""
        with self._lock:
            if self._values[name] < 1:
                return False
            self._values[name] -= 1
            return True

    def _check(self, name: str, value: Any) -> None:
        if name not in self._defaults:
            raise Refused("unknown_setting", f"There is no {name!r}. There are: {', '.join(sorted(self._defaults))}.")
        kind = type(self._defaults[name])
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if kind is float:
            fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 600
        if kind is int and fits:
            fits = 0 <= value <= 1_000_000
        if not fits:
            raise Refused("bad_setting", f"{name!r} wants a {kind.__name__} like {self._defaults[name]!r}.")
