"""Named points at which a test lets this process die as by a power cut. Nothing happens at them otherwise.

`BRIDGE_DIES_AT=name` or `name:3`, for the third time it is reached. Read once, at the start.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

NAMES = (
    "code_counted",  # a presented code is on the disk, nobody has judged it
    "intent_kept",  # a pulse is meant and on the disk, the line has not heard of it
    "pulse_sent",  # the frame is on the line, nobody has seen the door
    "outcome_kept",  # what the sensor saw is on the disk
    "change_kept",  # what a door did otherwise is on the disk, such as that it was shut
    "badge_counted",  # a badge with its PIN is counted as wrong, nobody has judged it
    "signed_in",  # the session of somebody of the staff is on the disk, nobody has been let in
    "deed_kept",  # what staff said of an order is on the disk, the screen does not know
    "command_begun",  # a command's opening is on the disk, its result is not
    "command_settled",  # a command's result is on the disk, the cloud has not heard it
    "sync_asked",  # a request is on its way
    "sync_answered",  # its answer is here, nothing of it kept
    "sync_kept",  # all of it is kept, nothing of it done
    "key_made",  # a new key is on the disk, the cloud has not heard of it
    "key_answered",  # the cloud has taken it, the bridge has not kept that
    "key_kept",  # the bridge signs with it from now on
)


def _never(name: str) -> None:
    """What every run but a test's does here."""


def _dying_at(wanted: str) -> Callable[[str], None]:
    name, _, times = wanted.partition(":")
    left = [int(times or 1)]
    if name not in NAMES:
        raise ValueError(f"there is no failpoint {name}")

    def reached(here: str) -> None:
        left[0] -= here == name
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


_wanted = os.environ.get("BRIDGE_DIES_AT", "")
reached = _dying_at(_wanted) if _wanted else _never
