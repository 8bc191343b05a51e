"""What was measured is kept, and the documents take their figures from there alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bench
from bench.measure import QUICK, Claim, Plan, Result
from bench.report import BEGIN, END, PAGE, keep, write_docs
from devtools import Trouble

HOLDS = Result(Claim("ingest", 0.75, at_least=True), 0.8123, detail={"p99_ms": 4})
SHORT = Result(Claim("drain", 0.5, at_least=True), 0.04)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "performance.md"
    page.write_text(f"# Speed\n\n{BEGIN}\nearlier\n{END}\n\nAfter.\n")
    return page


def test_results_are_kept_with_the_plan_and_the_machine(tmp_path: Path) -> None:
    path = keep(tmp_path / "new", "ingest", Plan(), [HOLDS])

    body = json.loads(path.read_text())
    assert body["plan"]["rounds"] == 7
    assert body["machine"]["cores"] >= 1
    assert body["results"] == [
        {
            "name": "ingest",
            "figure": 0.8123,
            "unit": "×",
            "goal": "≥ 0.75 ×",
            "verdict": "holds",
            "void": "",
            "detail": {"p99_ms": 4},
        }
    ]


def test_the_page_gets_a_row_for_each_claim_and_keeps_its_words(tmp_path: Path, page: Path) -> None:
    results = tmp_path / "results"
    keep(results, "ingest", Plan(), [HOLDS])
    keep(results, "drain", Plan(), [SHORT])

    write_docs(results, page)

    text = page.read_text()
    assert "| ingest | 0.812 × | ≥ 0.75 × | holds |" in text
    assert "| drain | 0.04 × | ≥ 0.5 × | short |" in text
    assert "earlier" not in text
    assert text.startswith("# Speed") and text.endswith("After.\n")


def test_the_page_takes_no_quick_run(tmp_path: Path, page: Path) -> None:
    keep(tmp_path / "quick", "ingest", QUICK, [HOLDS])

    with pytest.raises(Trouble, match="say nothing about speed"):
        write_docs(tmp_path / "quick", page)
    assert "earlier" in page.read_text()


def test_without_results_the_page_stays_and_says_what_to_do(tmp_path: Path, page: Path) -> None:
    with pytest.raises(Trouble, match="measure first"):
        write_docs(tmp_path / "none", page)


def test_our_own_page_has_a_place_for_the_table() -> None:
    text = PAGE.read_text()

    assert 0 < text.index(BEGIN) < text.index(END)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["speed"], "There is no bench 'speed'"), (["--rounds", "0"], "--rounds"), (["--seconds", "0"], "--seconds")],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(arguments: list[str], said: str) -> None:
    with pytest.raises(Trouble, match=said):
        bench.main(arguments)
