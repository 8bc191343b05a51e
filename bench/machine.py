"""The machine while we measure: real servers on free ports of 127.0.0.1, and what their processes use."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from bopis import models, sealing
from bopis.db import Base
from devtools import ROOT, Trouble
from devtools.children import die_with
from devtools.probes import HttpProbe, free_ports
from tests import services

SECRET_KEYS = base64.b64encode(b"a key for measuring, 32 bytes ok").decode()
SECONDS = 60
_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_connections": "300",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "30min",
}
"""As in production, but that checkpoints fall between runs."""


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL that loses nothing, with an empty database; its URL."""
    with services.postgresql(_DURABLE) as url:
        fresh = url.replace("/postgres?", "/bench?")
        with psycopg.connect(plain(url), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        _make_tables(fresh)
        yield fresh


@contextmanager
def sqlite() -> Iterator[str]:
    """An empty SQLite file of its own; its URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        url = f"sqlite:///{directory}/bopis.db"
        _make_tables(url)
        yield url


def _make_tables(url: str) -> None:
    """From the models, so that an index added a minute ago can be measured; a test holds the migrations to them."""
    assert models
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    use_keys()


def use_keys() -> None:
    """Seal in this process as the servers do."""
    sealing.use_keys((base64.b64decode(SECRET_KEYS),))


def plain(url: str) -> str:
    """A database URL as psycopg itself reads it."""
    return url.replace("+psycopg", "")


def environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """What a process of the service is told."""
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEYS": SECRET_KEYS,
        "PUBLIC_URL": "http://127.0.0.1",
        "BRIDGES_URL": "http://127.0.0.1",
        **more,
    }


@dataclass(frozen=True)
class Process:
    """A running program and what it started."""

    pid: int
    port: int = 0

    def pids(self) -> list[int]:
        """It and its children, eldest first."""
        return [self.pid, *children(self.pid)]

    def cpu(self) -> float:
        """Seconds of processor time used so far, children that run included."""
        return sum(_cpu(pid) for pid in self.pids())


@contextmanager
def gunicorn(
    app: str, told: Mapping[str, str], *, workers: int = 2, threads: int = 8, python: str = sys.executable
) -> Iterator[Process]:
    """A WSGI app as in production (gthread), answering on /livez."""
    port = free_ports(1)
    options = ["--no-control-socket", "--bind", f"127.0.0.1:{port}", "-k", "gthread", "-w", str(workers)]
    options += [
        "--threads",
        str(threads),
        "--log-level",
        "critical",
        "--graceful-timeout",
        "1",
        "--keep-alive",
        "60",
        "--worker-connections",
        str(max(1000, 2 * threads)),
        "--backlog",
        "4096",
    ]
    with running([python, "-m", "gunicorn", *options, app], told) as process:
        wait_for(HttpProbe(f"http://127.0.0.1:{port}/livez"), process)
        yield Process(process.pid, port)


@contextmanager
def from_procfile(name: str, told: Mapping[str, str]) -> Iterator[Process]:
    """A web process exactly as the Procfile starts it, on a free port; it answers on /livez."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    command = next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))
    port = free_ports(1)
    here = {"HOST": "127.0.0.1", "PORT": str(port), "PATH": f"{Path(sys.executable).parent}:{told.get('PATH', '')}"}
    with running(["/bin/sh", "-c", f"exec {command}"], {**told, **here}) as process:
        wait_for(HttpProbe(f"http://127.0.0.1:{port}/livez"), process)
        yield Process(process.pid, port)


@contextmanager
def running(command: list[str], told: Mapping[str, str]) -> Iterator[Process]:
    """A program until the end of the block; then asked to stop, and after a while made to."""
    parent = os.getpid()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(told),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with(parent, signal.SIGTERM),
    )
    try:
        yield Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(condition: Callable[[], object], process: Process | None = None) -> None:
    """Return once it is so. Raises Trouble when it does not become so, or `process` ended meanwhile."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline or (process and not Path(f"/proc/{process.pid}/cmdline").read_bytes()):
            raise Trouble("Something that is to be measured does not start.")
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that one started and that still run."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid: int, kind: str = "Rss") -> float:
    """Megabytes a process holds: `Rss`, or `Pss` where what is shared is divided by its sharers."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise Trouble("This kernel does not say what a process holds.")


def _cpu(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
