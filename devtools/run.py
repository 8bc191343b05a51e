"""`dev.py run`: everything on this machine, until Ctrl-C. And the same for tests and the demo: `started`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from . import ROOT, Trouble, probes
from .children import die_with
from .embedded import worker_listens
from .log import Log
from .prepared import is_prepared
from .stack import PORTS, TAKEN, Stack
from .supervisor import Stopped, Supervisor

STARTED = time.monotonic()
BADGE, PIN = "A1001", "246810"
"""Of the demo merchant's associate, made by the seed."""
ADMIN_BADGE, ADMIN_PIN = "D1001", "975313"
SECONDS_TO_START = 90
SECONDS_TO_STOP = 30


def main(arguments: list[str]) -> int:
    """Start everything, print the addresses, stay until a signal. Raises Trouble."""
    parser = argparse.ArgumentParser(prog="dev.py run", description="Start everything on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="the first of five neighbouring ports (8000)")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var" / "dev", help="where the data live (var/dev)")
    options = parser.parse_args(arguments)
    if not 0 < options.port < 65536 - TAKEN:
        raise Trouble(f"--port must lie between 1 and {65535 - TAKEN}.")
    log = Log(sys.stdout)
    stack = Stack.at(options.data_dir, options.port)
    supervisor = Supervisor(ROOT, log.write)
    with supervisor.listening_to_signals(), stack.claimed():
        try:
            _start(stack, supervisor)
            stack.announce()
            log.say(welcome(stack, time.monotonic() - float(os.environ.get("DEV_STARTED", STARTED))))
            supervisor.run()
        except Stopped:
            pass
        finally:
            stack.ready_file.unlink(missing_ok=True)
            supervisor.stop()
    return 0


def _start(stack: Stack, supervisor: Supervisor) -> None:
    probes.check_ports(stack.ports())
    environment = stack.environment(os.environ)
    if os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"):
        from . import given  # brings drivers that take half a second, for those who need them

        given.check(environment)
    if not os.environ.get("REDIS_URL"):
        supervisor.start([stack.valkey(environment)])
    if os.environ.get("DATABASE_URL") or not is_prepared(stack):
        supervisor.complete(stack.once("migrate", "bopis.cli migrate", environment))
        supervisor.complete(stack.once("seed", "sandbox.seed", environment))
    stack.write_bridge_settings()
    programs = stack.programs(environment)
    # Those who answer people come first; worker and relay have nothing to do before somebody could ask for something.
    supervisor.start(program for program in programs if program.name in PORTS)
    supervisor.start(program for program in programs if program.name not in PORTS)


def welcome(stack: Stack, seconds: float) -> str:
    """Where to look, and how to sign in."""
    return f"""
Everything answers after {seconds:.1f} s.

  shop        {stack.sandbox}/shop/        buy something and pick it up in a store
  the others  {stack.sandbox}/shops/       the same at one shop of every platform
  associate   {stack.web}/associate/   badge {BADGE}, PIN {PIN}
  operations  {stack.web}/ops/         badge {ADMIN_BADGE}, PIN {ADMIN_PIN}
  kiosk       {stack.kiosk}/             what stands beside the lockers
  lock bank   {stack.sandbox}/bank/        pull doors open, push them shut
  phone       {stack.sandbox}/phone/       the texts a shopper gets
  mail        {stack.sandbox}/mail/        the e-mails, where no text reaches

Its data are in {stack.data_dir}. Ctrl-C stops it.
"""


@contextlib.contextmanager
def started(data_dir: Path | None = None, port: int | None = None, database_url: str = "") -> Iterator[Stack]:
    """Start a whole copy apart from any other, on free ports and by default in a temporary folder; stop it at the end.

    It has its own Valkey, and its own SQLite unless a `database_url` is given. What its programs print goes to
    `run.log` in the data folder. Raises Trouble with the last lines of it if the start fails.
    """
    with contextlib.ExitStack() as cleanup:
        if data_dir is None:
            data_dir = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bopis-")))
        data_dir.mkdir(parents=True, exist_ok=True)
        stack = Stack.at(data_dir, port or probes.free_ports(TAKEN))
        process = _spawn(stack, database_url)
        cleanup.callback(_stop, process)
        _wait(stack, process)
        yield stack


def _spawn(stack: Stack, database_url: str) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    environment = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DEV_STARTED")}
    port = stack.web.rpartition(":")[2]
    command = [sys.executable, "-m", "devtools", "run", "--port", port, "--data-dir", str(stack.data_dir)]
    with _log_of(stack).open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "DATABASE_URL": database_url},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),
        )


def _wait(stack: Stack, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not (stack.ready_file.exists() and worker_listens(stack.socket)):
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(_log_of(stack).read_text(errors="replace").splitlines()[-20:])
            raise Trouble(f"{last}\nThe copy in {stack.data_dir} did not start; its last words stand above.")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _log_of(stack: Stack) -> Path:
    return stack.data_dir / "run.log"
