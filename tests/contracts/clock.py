"""The clock of a pretend shop that writes whole seconds."""

from __future__ import annotations

import datetime as dt


class Clock:
    """A shop whose people act some seconds apart, and are not looked at in between: its times know nothing finer."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead

    def tick(self) -> None:
        self.ahead += dt.timedelta(seconds=3)
