"""Webhooks taken in, against what a Django team would pick: dj-stripe's endpoint on the same server and database.

Only by name (`bench ingest-peer`), since it is installed first, into an environment of its own that is no part of ours.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from bench import filled, machine
from bench.ingest import OURS, PATH
from bench.load import Answers, send
from bench.measure import Claim, Plan, Result, ratio, restless, rotated
from bench.orders import SECRET
from bopis.bell import SilentBell
from bopis.db import Database
from devtools import ROOT, Trouble
from tests import services

PACKAGES = ("dj-stripe==2.11.0", "gunicorn==27.0.1", "psycopg[binary]==3.3.9")
HOME = ROOT / "var" / "peer"
THEIRS, THEIRS_AGAIN = "dj-stripe", "dj-stripe again"
ENDPOINT = "/stripe/webhook/01a20000-0000-7000-8000-000000000001/"


def run(plan: Plan) -> Iterator[Result]:
    """ingest-peer. Raises Trouble where dj-stripe cannot be installed."""
    python = _installed()
    with machine.postgresql() as url, services.valkey() as redis_url:
        database = Database(url, SilentBell())
        filled.merchant(database)
        database.close()
        told = machine.environment(url, redis_url)
        _call(python, ["-m", "bench.peer_site", SECRET], told)
        with (
            machine.gunicorn("bopis.app:web()", told) as ours,
            machine.gunicorn("bench.peer_site:application", told, python=python) as theirs,
        ):
            yield _compared(ours, theirs, plan)


def _compared(ours: machine.Process, theirs: machine.Process, plan: Plan) -> Result:
    def to_them(seconds: float) -> Answers:
        return send(theirs.port, ENDPOINT, seconds, kind="stripe")

    turns = rotated(
        {OURS: lambda seconds: send(ours.port, PATH, seconds), THEIRS: to_them, THEIRS_AGAIN: to_them}, plan
    )
    rates = {subject: [answers.rate for answers in taken] for subject, taken in turns.items()}
    refused = sum(answers.refused for taken in turns.values() for answers in taken)
    void = f"{refused} deliveries were refused" if refused else restless(rates[THEIRS], rates[THEIRS_AGAIN])
    detail = {"requests_a_second": {subject: round(median(taken), 1) for subject, taken in rates.items()}}
    figure = ratio(rates[OURS], rates[THEIRS], rates[THEIRS_AGAIN])
    return Result(Claim("ingest-peer", 2.5, at_least=True), figure, void, detail)


def _installed() -> str:
    """The peer's Python; made at the first call."""
    python = HOME / "bin" / "python"
    done = HOME / "installed"
    if not done.exists() or done.read_text() != " ".join(PACKAGES):
        print(f"  installing {', '.join(PACKAGES)} into {HOME}", file=sys.stderr, flush=True)
        _call(sys.executable, ["-m", "venv", "--clear", str(HOME)])
        _call(str(python), ["-m", "pip", "install", "--quiet", *PACKAGES])
        done.write_text(" ".join(PACKAGES))
    return str(python)


def _call(python: str, arguments: list[str], told: Mapping[str, str] | None = None) -> None:
    done = subprocess.run([python, *arguments], cwd=ROOT, env=told, capture_output=True, text=True)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise Trouble(f"ingest-peer is skipped: {Path(python).name} {' '.join(arguments[:3])} failed: {why[0]}")
