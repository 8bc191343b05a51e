"""How gunicorn runs `web` and `bridges`: a folder per server in which its workers' counts add up for `/metrics`."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

_made: list[str] = []


def on_starting(server: Any) -> None:
    """Before the first worker: workers inherit the folder's name."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        _made.append(tempfile.mkdtemp(prefix="bopis-metrics-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = _made[0]


def on_exit(server: Any) -> None:
    """After the last one."""
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
