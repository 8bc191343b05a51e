"""How gunicorn runs `web` and `bridges`: a folder per server in which its workers' counts add up for `/metrics`."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

_PREFIX = "bopis-metrics-"
_SHARED = "/dev/shm"  # noqa: S108
_FOLDER = _SHARED if os.access(_SHARED, os.W_OK) else tempfile.gettempdir()
"""In memory where there is such a place: a count or a heartbeat that is written to a disk waits while the disk syncs
what others wrote, and so would the request that is counted."""
worker_tmp_dir = _FOLDER
_STACK = 512 * 1024
"""Bytes of a thread's stack: `bridges` has thousands of threads, and the usual 8 MB each are promised by nobody."""
_made: list[str] = []


def on_starting(server: Any) -> None:
    """Before the first worker: workers inherit the folder's name. What a killed server left behind goes."""
    for left in Path(_FOLDER).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        _made.append(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_FOLDER))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = _made[0]


def post_fork(server: Any, worker: Any) -> None:
    """Before a worker's first thread and its first connection, of which `bridges` has thousands."""
    threading.stack_size(_STACK)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def on_exit(server: Any) -> None:
    """After the last one."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
