"""Whether there is anything to prepare: looking takes a millisecond, starting `migrate` and `seed` two seconds."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from . import ROOT
from .stack import Stack

SEEDS = tuple((ROOT / "sandbox").glob("seed*.py"))
STEPS = ROOT / "bopis" / "migrations" / "versions"


def is_prepared(stack: Stack) -> bool:
    """True only if the embedded database has its newest shape, the sandbox knows our addresses and the bridge is known.

    A bridge that is not enrolled yet needs a fresh one-time code, which the seed makes.
    """
    try:
        sandbox = stack.data_dir / "sandbox.json"
        changed = max(seed.stat().st_mtime for seed in SEEDS)
        if sandbox.stat().st_mtime < changed or f'"{stack.web}/' not in sandbox.read_text():
            return False
        with closing(sqlite3.connect(f"file:{stack.data_dir}/bopis.db?mode=ro", uri=True)) as database:
            (step,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            enrolled = database.execute("SELECT 1 FROM bridges").fetchone()
    except (OSError, sqlite3.Error, TypeError):
        return False
    newest = max(path.name for path in STEPS.glob("[0-9]*.py"))
    return enrolled is not None and newest.startswith(f"{step}_")
