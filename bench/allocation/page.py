"""docs/allocation.md: its two tables and two pictures from the last whole run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.allocation.kept import LOADS, USUAL
from bench.allocation.plots import Axis, Series, drawn
from bench.allocation.policies import EARLY_SMALLEST, FRESH_FIRST, LOADED, POLICIES, RELOAD, SMALLEST
from bench.allocation.streams import scenarios
from devtools import ROOT, Trouble

PAGE = ROOT / "docs" / "allocation.md"
PICTURES = "pictures"
SERVED, TOUCHES = "allocation-served.svg", "allocation-touches.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Row = Mapping[str, Any]


def write(results: Path, page: Path = PAGE) -> None:
    """Put tables and pictures of these results (allocation.json) into the page. Raises Trouble for a quick run."""
    body = json.loads(results.read_text())
    if body["plan"]["quick"]:
        raise Trouble(f"{results} is a quick run, which says too little for a page.")
    rows = body["results"][0]["detail"]["rows"]
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n\n".join([_claims(body["results"]), _by_policy(rows), _by_store(rows), f"Measured {body['at'][:10]}."])
    page.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")
    pictures = page.parent / PICTURES
    pictures.mkdir(exist_ok=True)
    (pictures / SERVED).write_text(_over_loads(rows))
    (pictures / TOUCHES).write_text(_against_touches(rows))


def _claims(results: Sequence[Row]) -> str:
    lines = ["| claim | figure | goal | verdict |", "|---|---|---|---|"]
    lines += [
        f"| {one['name']} | {one['figure']:.2f} {one['unit']} | {one['goal']} | {one['verdict']} |" for one in results
    ]
    return "\n".join(lines)


def _by_policy(rows: Sequence[Row]) -> str:
    usual = {row["load"]: row for row in rows if row["scenario"] == USUAL}
    at_one = usual[1.0]
    heads = " | ".join(f"{load:g}" for load in LOADS)
    lines = [
        f"Served from a locker in the usual store, % of all orders, by load; {at_one['streams']} streams each. "
        "± is a 95 % confidence interval, differences stream by stream.",
        "",
        f"| policy | {heads} | points over smallest-fit | % of foresight | down / counter / in / expired per 100 |",
        "|---|" + "---|" * (len(LOADS) + 3),
    ]
    for policy in POLICIES:
        found = at_one["policies"][policy.name]
        shares = [usual[load]["policies"].get(policy.name) for load in LOADS]
        served = " | ".join(f"{share['served'][0]:.1f}" if share else "–" for share in shares)
        carried = " / ".join(f"{found[what]:.1f}" for what in ("moved_down", "displaced", "refilled", "expired"))
        lines.append(
            f"| {policy.name} | {served} | {_signed(found['gain'])} | {_with(found['of_optimum'])} | {carried} |"
        )
    best = " | ".join(f"{usual[load]['optimum'][0]:.1f}" for load in LOADS)
    return "\n".join([*lines, f"| *perfect foresight, never moving* | {best} | | 100 | |"])


def _by_store(rows: Sequence[Row]) -> str:
    at_one = [row for row in rows if row["load"] == 1]
    titles = {name: scenario.title for name, scenario in scenarios().items()}
    shown = (EARLY_SMALLEST, SMALLEST, FRESH_FIRST, RELOAD)
    lines = [
        f"Thirteen stores at load 1, % of all orders served; {at_one[0]['streams']} streams of the first, "
        f"{at_one[-1]['streams']} of each other.",
        "",
        "| store | "
        + " | ".join(policy.name for policy in shown)
        + " | foresight | FreshFirst gains | % of foresight |",
        "|---|" + "---|" * (len(shown) + 3),
    ]
    for row in at_one:
        found, fresh = row["policies"], row["policies"][FRESH_FIRST.name]
        served = " | ".join(f"{found[policy.name]['served'][0]:.1f}" for policy in shown)
        lines.append(
            f"| {titles[row['scenario']]} | {served} | {row['optimum'][0]:.1f} | {_signed(fresh['gain'])} "
            f"| {_with(fresh['of_optimum'])} |"
        )
    return "\n".join(lines)


def _over_loads(rows: Sequence[Row]) -> str:
    usual = [row for row in rows if row["scenario"] == USUAL]
    names = [policy.name for policy in LOADED]
    series = [Series("perfect foresight", [(row["load"], row["optimum"][0]) for row in usual], dashed=True)]
    series += [
        Series(name, [(row["load"], row["policies"][name]["served"][0]) for row in usual]) for name in reversed(names)
    ]
    across, up = Axis("load (1: as many orders as doors)", LOADS), Axis("% served from a locker", range(50, 101, 10))
    return drawn("Orders served from a locker, by load", series, across, up)


def _against_touches(rows: Sequence[Row]) -> str:
    found = next(row["policies"] for row in rows if row["scenario"] == USUAL and row["load"] == 1)
    shown = [policy.name for policy in POLICIES if found[policy.name]["touches"][0] > 0]
    wanted = [SMALLEST.name, *(name for name in shown if "guaranteed" not in name)]
    points = [Series(name, [(found[name]["touches"][0], found[name]["served"][0])]) for name in wanted]
    across, up = (
        Axis("extra touches per 100 orders", range(0, 51, 10)),
        Axis("% served from a locker", range(74, 91, 2)),
    )
    return drawn("Orders served against extra touches, load 1", points, across, up)


def _signed(mean: Sequence[float]) -> str:
    return f"{mean[0]:+.1f} ± {mean[1]:.1f}"


def _with(mean: Sequence[float]) -> str:
    return f"{mean[0]:.1f} ± {mean[1]:.1f}"
