"""Results kept as JSON, and the table in docs/performance.md that is made from them."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.measure import Plan, Result, readable
from devtools import ROOT, Trouble

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def keep(folder: Path, bench: str, plan: Plan, results: Sequence[Result]) -> Path:
    """Write one bench's results, replacing those of its last run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{bench}.json"
    body = {
        "bench": bench,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
            "load": os.getloadavg()[0],
        },
        "plan": asdict(plan),
        "results": [result.written() for result in results],
    }
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return path


def write_docs(folder: Path, page: Path = PAGE) -> int:
    """Put the table of every kept result between the page's two markers. Raises Trouble when there is none."""
    kept = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    if not kept:
        raise Trouble(f"There are no results in {folder}; measure first: python3 dev.py bench")
    if any(body["plan"]["quick"] for body in kept):
        raise Trouble(f"{folder} holds quick runs, which say nothing about speed.")
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise Trouble(f"{page.name} has no {BEGIN} and {END}.")
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table(kept)}\n{END}{rest.partition(END)[2]}")
    return 0


def table(kept: Sequence[dict[str, Any]]) -> str:
    """One row a claim, and below when and where it was measured."""
    rows = ["| claim | figure | goal | verdict |", "|---|---|---|---|"]
    for body in kept:
        for result in body["results"]:
            rows.append(
                f"| {result['name']} | {readable(result['figure'])} {result['unit']} | {result['goal']} "
                f"| {result['verdict']} |"
            )
    dates = sorted({body["at"][:10] for body in kept})
    machine = kept[0]["machine"]
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return "\n".join(
        [*rows, "", f"Measured {when}: {machine['system']}, {machine['cores']} cores, Python {machine['python']}."]
    )
