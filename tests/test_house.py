"""The house from the doorstep: what `dev.py` says to somebody new, and when the machine is not as it should be."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import COMMANDS
from devtools.probes import free_ports

ROOT = Path(__file__).parent.parent


def dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python3 dev.py ...`"""
    return subprocess.run([sys.executable, "dev.py", *arguments], cwd=ROOT, capture_output=True, text=True)


def run(data_dir: Path, port: int | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """`dev.py run`, once its environment is there, where it is expected to give up."""
    command = [
        sys.executable,
        "-m",
        "devtools",
        "run",
        "--data-dir",
        str(data_dir),
        "--port",
        str(port or free_ports(5)),
    ]
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(command, cwd=ROOT, env=given | environment, capture_output=True, text=True, timeout=30)


def the_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that failed."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_without_a_command_it_lists_them_with_a_sentence_each() -> None:
    shown = dev().stdout

    for name in ("run", "test", "demo", "bench", "check", "lock"):
        assert f"  {name:<6} {COMMANDS[name].sentence}" in shown.splitlines()


def test_an_unknown_command_is_named_and_the_others_are_listed() -> None:
    done = dev("open")

    assert done.returncode == 2
    assert "There is no command 'open'." in done.stderr
    assert "run" in done.stderr


def test_an_old_python_is_told_which_one_is_needed() -> None:
    pretend = "import sys, runpy; sys.version_info = (3, 9, 2); runpy.run_path('dev.py', run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True)

    assert the_sentence(done) == "This needs Python 3.11 or newer, and this is Python 3.9."


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_ports(5) + 1))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named_with_what_it_is_for_and_a_way_out(tmp_path: Path, taken_port: int) -> None:
    sentence = the_sentence(run(tmp_path, port=taken_port - 1))

    assert sentence.startswith(f"Port {taken_port} (for the bridges) is taken by another program; ")
    assert "--port" in sentence


def test_a_port_beyond_the_last_is_refused(tmp_path: Path) -> None:
    assert the_sentence(run(tmp_path, port=65534)) == "--port must lie between 1 and 65530."


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DATABASE_URL", "mysql://127.0.0.1/bopis", "DATABASE_URL must be postgresql://"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/bopis", "Cannot use DATABASE_URL: "),
        ("DATABASE_URL", "sqlite:////no/such/folder/bopis.db", "Cannot use DATABASE_URL: "),
        ("REDIS_URL", "http://127.0.0.1", "REDIS_URL must start with redis://"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1", "Cannot use REDIS_URL: "),
        ("REDIS_URL", "redis://127.0.0.1:port", "Cannot use REDIS_URL: "),
    ],
)
def test_a_url_that_cannot_be_used_is_named(tmp_path: Path, setting: str, value: str, said: str) -> None:
    sentence = the_sentence(run(tmp_path, **{setting: value}))

    assert sentence.startswith(said)
    assert "secret" not in sentence


def test_two_copies_do_not_share_their_data(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert "Another copy runs in" in the_sentence(run(tmp_path))


def test_data_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert the_sentence(run(tmp_path / "file")).startswith("Cannot write to")
