"""The virtual environment: made once, made again when its lock changes, and clear words when it cannot be made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PYTHON = getattr(sys, "_base_executable", sys.executable)
READY = """
import sys
from pathlib import Path
from devtools import Trouble, environment
try:
    print(environment.ready("requirements.txt", Path(sys.argv[1])))
except Trouble as trouble:
    sys.exit(str(trouble))
"""


def ready(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask for the environment of `requirements.txt` in `root`, with the standard library alone."""
    command = [PYTHON, "-c", READY, str(root)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree whose lock asks for nothing, so that no index is needed."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def test_it_is_made_once(tree: Path) -> None:
    first, second = ready(tree), ready(tree)

    assert "Making .venv" in first.stderr
    assert second.stderr == ""
    assert Path(second.stdout.strip()) == tree / ".venv" / "bin" / "python"
    assert subprocess.run([second.stdout.strip(), "-c", ""]).returncode == 0


def test_a_changed_lock_is_installed_without_making_it_anew(tree: Path) -> None:
    ready(tree)
    (tree / "requirements.txt").write_text("# still nothing\n")

    again = ready(tree)

    assert again.stderr.splitlines() == ["Installing requirements.txt ..."]


def test_an_environment_that_was_moved_is_made_anew(tree: Path, tmp_path: Path) -> None:
    ready(tree)
    moved = tree.rename(tmp_path.parent / f"{tmp_path.name}-moved")

    assert "Making .venv" in ready(moved).stderr


def test_a_lock_that_cannot_be_installed_gives_pips_words_and_a_sentence(tree: Path) -> None:
    (tree / "requirements.txt").write_text("this is no requirement\n")

    refused = ready(tree)

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == "Could not install requirements.txt; what pip said stands above."
    assert "Traceback" not in refused.stderr


def test_a_missing_lock_gives_a_sentence(tree: Path) -> None:
    (tree / "requirements.txt").unlink()

    assert ready(tree).stderr == "requirements.txt is missing; write it with: python3 dev.py lock\n"


@pytest.mark.parametrize(
    ("pip", "sentence"),
    [
        ("raise SystemExit(1)", "has no pip; install your system's package python3-pip."),
        ("print('pip 21.0.1 from here')", "This needs pip 22.3 or newer, and here is pip 21.0; run: "),
    ],
)
def test_a_python_without_a_good_pip_gives_a_sentence(tree: Path, tmp_path: Path, pip: str, sentence: str) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text(pip)

    refused = ready(tree, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")

    assert sentence in refused.stderr.splitlines()[-1]
