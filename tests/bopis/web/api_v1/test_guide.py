"""What docs/api.md says is true: its calls are made, its problem document is the one we send."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from string import Template

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bopis.web.api_v1.codes import CODES
from tests.bopis.web.api_v1.developer import Developer
from tests.bopis.web.api_v1.test_orders import connection
from tests.test_docs import commands
from tests.world import World

PAGE = Path(__file__).parents[4] / "docs" / "api.md"
CALLS = [command for command in commands(PAGE) if command.startswith("curl")]


def curl(web: Flask, command: str) -> TestResponse:
    """The answer to a call as the page writes it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-X", default="GET")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    parser.add_argument("url")
    asked = parser.parse_args(shlex.split(command)[1:])
    headers = [tuple(each.split(": ", 1)) for each in asked.H]
    return web.test_client().open(asked.url, method=asked.X, headers=headers, data=asked.d)


@pytest.fixture
def known(world: World, developer: Developer) -> dict[str, str]:
    """What a reader of the page has in hand."""
    world.order("2")
    pickup, _ = world.ready("3"), connection(world, "Till")
    cursor = developer.reads("/pickups", limit=1)["next_cursor"]
    return {"BOPIS": "", "BOPIS_KEY": developer.text, "PICKUP": pickup, "BANK": world.bank_id, "CURSOR": cursor}


@pytest.mark.parametrize("command", CALLS, ids=range(len(CALLS)))
def test_a_call_in_the_page_is_answered(web: Flask, known: dict[str, str], command: str) -> None:
    answer = curl(web, Template(command).substitute(known))

    assert answer.status_code in (200, 202), answer.text


def test_the_problem_in_the_page_is_the_one_we_send(developer: Developer, known: dict[str, str]) -> None:
    (written,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.S)
    answer = developer.post(f"/pickups/{known['PICKUP']}/extend", {})

    assert answer.get_json() == json.loads(written)


def test_every_code_the_page_names_is_one_of_ours() -> None:
    assert set(re.findall(r"`4\d\d ([a-z_]+)`", PAGE.read_text())) <= CODES.keys()
