"""One child process: started in a group of its own, watched, and ended together with all it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
READS = 16
"""Times 64 KiB read at once: a program that floods must not keep the others from being heard."""


class Child:
    """A running process that leads its own group. Its output is a pipe read with `lines`, never blocking."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        parent = os.getpid()
        self.started_at = time.monotonic()
        self.silent = False
        """True once it closed its output."""
        self._rest = b""
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone, and the order of stopping is ours
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),
        )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        os.set_blocking(self.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's id, which is its group's as well."""
        return self._process.pid

    def fileno(self) -> int:
        """The output's descriptor, for select."""
        return self._pipe.fileno()

    def lines(self) -> list[str]:
        """What it printed since the last call, in whole lines; at the end the unfinished last one too."""
        for _ in range(READS):
            try:
                data = os.read(self.fileno(), 65536)
            except BlockingIOError:
                break
            self._rest += data or b"\n"
            if not data:
                self.silent = True
                break
        *lines, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace").rstrip() for line in lines if line.strip()]

    def has_ended(self) -> bool:
        """Whether the process is gone; if so, the rest of its group, which might hold its port, is ended too."""
        if self._process.returncode is not None:
            return True
        # Look without reaping: until the leader is reaped, no other group can get its number.
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self.end()
        self._process.wait()
        return True

    def ask_to_end(self) -> None:
        """SIGTERM to the process alone: what it started in turn is its own to end in good order."""
        if self._process.returncode is None:
            os.kill(self.pid, signal.SIGTERM)

    def end(self) -> None:
        """SIGKILL to the whole group."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    @property
    def code(self) -> int:
        """The exit code once it has ended; negative: the signal that ended it."""
        return self._process.returncode

    def how_it_ended(self) -> str:
        """In words: `exit code 1` or `SIGKILL`."""
        return signal.Signals(-self.code).name if self.code < 0 else f"exit code {self.code}"

    def close(self) -> None:
        """Close our end of its output."""
        self._pipe.close()


def die_with(parent: int, number: int) -> None:
    """In a fresh child: be sent `number` when the parent ends in whatever way. Only Linux offers this."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)
