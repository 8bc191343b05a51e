"""How gunicorn runs `web` and `bridges`: a folder per server in which its workers' counts add up for `/metrics`."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

_PREFIX = "bopis-metrics-"
_made: list[str] = []


def on_starting(server: Any) -> None:
    """Before the first worker: workers inherit the folder's name. What a killed server left behind goes."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        _made.append(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = _made[0]


def on_exit(server: Any) -> None:
    """After the last one."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
