"""The benches work: each, in a hurry, on real servers, comes to a verdict. What it says of speed is not looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bench
from bench.measure import FLOOR, TWIN

CLAIMS = {
    "allocation": {"allocation-foresight", "allocation-touches", "allocation-gain", "allocation-decision"},
    "open": {"open", "open-slow"},
    "outage": {"outage-served", "outage-minutes", "outage-in-order", "outage-drops", "outage-wrong"},
    "lists": {"lists"},
    "memory": {"memory-web", "memory-worker", "memory-bridge"},
    "bridges": {"bridges-wake", "bridges-memory"},
    "reserve": {"reserve-pg", "reserve-hot", "reserve-hot-conflicts", "reserve-flat"},
    "drain": {"drain", "drain-rq"},
    "ingest": {"ingest-pg", "ingest-pg-cpu", "ingest-steady", "ingest-sqlite", "ingest-sqlite-cpu"},
}


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_gets_its_verdict(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main([name, "--quick", "--out", str(tmp_path)])

    lines = capsys.readouterr().out.splitlines()
    results = json.loads((tmp_path / f"{name}.json").read_text())["results"]
    assert {line.split()[0] for line in lines} == {result["name"] for result in results} == CLAIMS[name]
    assert all(result["verdict"] in ("holds", "short", "void") and result["figure"] >= 0 for result in results)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_is_refused_and_no_door_is_given_twice(tmp_path: Path) -> None:
    bench.main(["reserve", "--quick", "--out", str(tmp_path)])

    results = json.loads((tmp_path / "reserve.json").read_text())["results"]
    by_name = {result["name"]: result for result in results}
    assert by_name["reserve-hot-conflicts"]["figure"] == 0
    assert set(by_name["reserve-hot"]["detail"]["pairs_a_second"]) == {"hot", FLOOR, TWIN}


def test_every_bench_is_listed_here() -> None:
    assert set(bench.BENCHES) == set(CLAIMS)
