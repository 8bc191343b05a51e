"""Where the tests' temporary files are."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools import testing


def test_temporary_files_are_in_memory_where_all_of_them_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "MEMORY", tmp_path)
    monkeypatch.setattr(testing, "ROOM", 1)

    assert testing.without_a_disk({"HOME": "/"}) == {"HOME": "/", "TMPDIR": str(tmp_path)}


def test_otherwise_they_are_where_they_always_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "MEMORY", tmp_path)

    assert testing.without_a_disk({"TMPDIR": "/elsewhere"}) == {"TMPDIR": "/elsewhere"}
    monkeypatch.setattr(testing, "ROOM", 1 << 60)
    assert testing.without_a_disk({}) == {}
    monkeypatch.setattr(testing, "MEMORY", tmp_path / "missing")
    assert testing.without_a_disk({}) == {}
