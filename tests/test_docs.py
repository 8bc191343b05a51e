"""What the documents say is true: their commands run, their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bopis.cli import cli
from devtools import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(page: Path) -> list[str]:
    """The lines of a page's shell blocks; one that is continued counts once."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text().replace("\\\n", " "), re.S)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def works(command: str) -> bool:
    """Whether a documented command is one we have; that they do what they say is for their own tests."""
    words = re.sub(r"^sudo (-u [\w-]+ )?", "", command).split()
    if words[:2] == ["python3", "dev.py"]:
        return len(words) == 2 or words[2] in COMMANDS
    if words[:3] == ["python", "-m", "bopis.cli"]:
        return CliRunner().invoke(cli, [words[3], "--help"]).exit_code == 0
    if words[0] == "bopis-bridge":
        words = ["python", "-m", "firmware_bridge", *words[1:]]
    if words[:2] == ["python", "-m"]:
        action = words[3:4] if words[2] == "firmware_bridge" else []
        asked = [sys.executable, *words[1:3], *action, "--help"]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, timeout=50, check=False).returncode == 0
    return words[0] in OF_THE_SYSTEM or (words[0] == "curl" and "/api/v1/" in command)


OF_THE_SYSTEM = ("git", "bash", ".ci/run", "cd", "pip", "openssl", "make", "apt", "cage", "systemctl", "install", "ls")
"""What an installer's machine brings: not ours to run here. Calls of our API are made by the API's own tests."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_a_page_is_one_we_have(page: Path) -> None:
    assert [command for command in commands(page) if not works(command)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_in_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_fits_two_screens_and_names_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 60
    assert {"python3 dev.py run", "python3 dev.py test"} <= set(commands(ROOT / "README.md"))
