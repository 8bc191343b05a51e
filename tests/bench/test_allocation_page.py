"""The page of the doors takes its tables and pictures from a whole run alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import allocation
from bench.allocation import page, plots
from bench.allocation.experiment import Found, Run, interval, policies_for
from bench.allocation.kept import keys
from bench.allocation.policies import FRESH_FIRST, SMALLEST
from bench.measure import QUICK, Plan
from bench.report import keep
from devtools import Trouble


@pytest.fixture(scope="module")
def found() -> Found:
    """As if every policy had served four of five, and FreshFirst one of twenty more."""

    def run(name: str) -> Run:
        served = 0.85 if name == FRESH_FIRST.name else 0.80
        return Run(served, served / 0.9, 0.05, 0.10, 0.05, 0.01, 0.0002)

    few = [key for key in keys() if key.seed < 5002]
    return Found(
        {key: {policy.name: run(policy.name) for policy in policies_for(key)} for key in few}, dict.fromkeys(few, 0.9)
    )


def written(tmp_path: Path, found: Found, plan: Plan) -> Path:
    (tmp_path / "allocation.md").write_text(f"# Doors\n\n{page.BEGIN}\nearlier\n{page.END}\n\nAfter.\n")
    page.write(keep(tmp_path, "allocation", plan, list(allocation.results(found))), tmp_path / "allocation.md")
    return tmp_path


def test_the_page_gets_its_tables_and_keeps_its_words(tmp_path: Path, found: Found) -> None:
    text = (written(tmp_path, found, Plan()) / "allocation.md").read_text()

    assert text.startswith("# Doors") and text.endswith("After.\n") and "earlier" not in text
    assert "| allocation-foresight | 94.44 % | ≥ 95 % | short |" in text
    assert (
        "| FreshFirst | 85.0 | 85.0 | 85.0 | 85.0 | 85.0 | +5.0 ± 0.0 | 94.4 ± 0.0 | 5.0 / 10.0 / 5.0 / 1.0 |" in text
    )
    assert "| 120 doors | 80.0 | 80.0 | 85.0 | 80.0 | 90.0 | +5.0 ± 0.0 | 94.4 ± 0.0 |" in text


def test_the_pictures_are_drawings_that_name_what_they_show(tmp_path: Path, found: Found) -> None:
    written(tmp_path, found, Plan())

    for name in (page.SERVED, page.TOUCHES):
        picture = (tmp_path / page.PICTURES / name).read_text()
        ElementTree.fromstring(picture)
        assert "FreshFirst" in picture and SMALLEST.name in picture


def test_a_quick_run_says_too_little_for_the_page(tmp_path: Path, found: Found) -> None:
    with pytest.raises(Trouble, match="quick run"):
        written(tmp_path, found, QUICK)


@pytest.mark.parametrize("ends", [(50, 50, 50), (90, 89, 20), (100, 100, 99, 98)])
def test_no_two_names_lie_on_one_another(ends: Sequence[float]) -> None:
    series = [plots.Series(f"n{number}", [(1, 40), (2, end)]) for number, end in enumerate(ends)]
    picture = ElementTree.fromstring(plots.drawn("x", series, plots.Axis("a", (1, 2)), plots.Axis("b", (20, 100))))

    names = sorted(
        float(text.get("y", ""))
        for text in picture.iter("{http://www.w3.org/2000/svg}text")
        if text.get("class") == "name"
    )
    assert len(names) == len(ends)
    assert all(after - before >= 16.9 for before, after in pairwise(names))


def test_an_interval_is_narrower_the_more_streams_agree() -> None:
    assert interval([1.0, 3.0]).value == 2.0
    assert interval([1.0, 3.0] * 8).within < interval([1.0, 3.0]).within
    assert interval([4.0]).within == 0.0
