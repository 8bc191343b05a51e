"""The whole development copy: it starts, answers on every port, and is gone when stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.probes import answers
from devtools.run import announced, started

pytestmark = [pytest.mark.xdist_group("whole copy"), pytest.mark.timeout(180)]


def test_a_whole_copy_answers_everywhere_and_stops(tmp_path: Path) -> None:
    with started(tmp_path / "copy") as stack:
        assert announced(stack.data_dir) == stack
        assert all(answers(f"{url}/livez") for url in (stack.web, stack.bridges, stack.kiosk, stack.sandbox))

    assert announced(stack.data_dir) is None
    assert not any(answers(f"{url}/livez") for url in (stack.web, stack.bridges, stack.kiosk, stack.sandbox))


def test_a_copy_started_again_finds_its_data(tmp_path: Path) -> None:
    with started(tmp_path / "copy") as stack:
        keys = (stack.data_dir / "secret_keys").read_text()

    with started(tmp_path / "copy") as stack:
        assert (stack.data_dir / "secret_keys").read_text() == keys
