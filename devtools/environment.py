"""The virtual environment in `.venv`, made from a hashed lock and made again only when the lock changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import ROOT, Trouble

OLDEST_PIP = (22, 3)
STARTED = time.monotonic()
INCLUDES = {"requirements-test.txt": ("requirements.txt",)}
"""What a lock brings besides itself, so that the smaller one is not installed again after it."""


def ready(needs: str, root: Path = ROOT) -> Path:
    """The Python that has the packages of the lock `needs`, installed first if they are not there yet.

    `needs` may also be one pinned package, which then gets an environment of its own. Raises Trouble.
    """
    lock = root / needs
    is_lock = needs.endswith(".txt")
    if is_lock and not lock.is_file():
        raise Trouble(f"{needs} is missing; write it with: python3 dev.py lock")
    home = root / (".venv" if is_lock else ".venv-" + needs.partition("=")[0])
    wanted = hashlib.sha256(lock.read_bytes() if is_lock else needs.encode()).hexdigest()
    with _one_at_a_time(root):
        stamp = _stamp(home)
        if stamp["made"] != _made(home):
            stamp = {"made": _made(home), "locks": {}}
            _make(home)
        if stamp["locks"].get(needs) != wanted:
            _install(home, ["--require-hashes", "-r", str(lock)] if is_lock else [needs], needs)
            stamp["locks"][needs] = wanted
            for other in INCLUDES.get(needs, ()):
                stamp["locks"][other] = hashlib.sha256((root / other).read_bytes()).hexdigest()
            (home / "stamp.json").write_text(json.dumps(stamp))
    return home / "bin" / "python"


def become(python: Path, name: str, arguments: list[str]) -> int:
    """Turn this process into the command `name`, so that signals meet the command itself."""
    os.environ["DEV_STARTED"] = str(STARTED)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # common in containers; every start would compile everything again
    sys.stdout.flush()
    os.execv(python, [str(python), "-m", "devtools", name, *arguments])


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two commands started together must not build one environment at once. The lock is the tree itself: no litter."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _stamp(home: Path) -> dict:
    try:
        return json.loads((home / "stamp.json").read_text())
    except (OSError, ValueError):
        return {"made": None, "locks": {}}


def _made(home: Path) -> list[str]:
    """An environment serves one Python in one place: its scripts name both."""
    return [platform.python_implementation(), platform.python_version(), os.path.realpath(sys.base_prefix), str(home)]


def _make(home: Path) -> None:
    _say(f"Making {home.name} for Python {platform.python_version()} ...")
    shutil.rmtree(home, ignore_errors=True)
    # --without-pip: Debian's Python comes without ensurepip, and our own pip can install into another environment.
    made = _run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    if made.returncode:
        raise Trouble(f"Could not make {home}: {_last_line(made)}")


def _install(home: Path, what: list[str], name: str) -> None:
    pip = [_python_with_pip(), "-m", "pip", "--python", str(home / "bin" / "python"), "--disable-pip-version-check"]
    _say(f"Installing {name} ...")
    # Compiling every file ahead takes longer than all the rest; what is imported is compiled when it first is.
    done = _run([*pip, "install", "--quiet", "--no-input", "--no-compile", *what])
    if done.returncode:
        raise Trouble(f"{done.stderr.strip()}\nCould not install {name}; what pip said stands above.")


def _python_with_pip() -> str:
    """This Python, or, from inside a virtual environment without pip, the one it was made from."""
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable)):
        found = re.match(r"pip (\d+)\.(\d+)", _run([python, "-m", "pip", "--version"]).stdout)
        if found and tuple(map(int, found.groups())) >= OLDEST_PIP:
            return python
    if found:
        raise Trouble(f"This needs pip 22.3 or newer, and here is {found.group()}; run: {python} -m pip install -U pip")
    raise Trouble(f"{python} has no pip; install your system's package python3-pip.")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return ((done.stderr or done.stdout).strip() or "no reason given").splitlines()[-1]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
