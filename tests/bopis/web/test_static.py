from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from bopis import web as package
from tests.bopis.web.phone import Phone


def test_pages_link_files_that_may_be_kept_for_ever_because_their_address_changes(web: Flask, phone: Phone) -> None:
    page = phone.get("/sign-in", page=True).text
    addresses = re.findall(r'"(/static/[^"]+)"', page)
    assert addresses
    for address in addresses:
        answer = web.test_client().get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


def test_without_the_version_a_file_is_asked_for_again_and_not_sent_twice(web: Flask) -> None:
    first = web.test_client().get("/static/tokens.css")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.mimetype == "text/css"
    again = web.test_client().get("/static/tokens.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["unknown.css", "..%2fstatic.py", "%2e%2e/static.py", "__init__.py"])
def test_nothing_else_is_served(web: Flask, name: str) -> None:
    assert web.test_client().get(f"/static/{name}").status_code == 404


def test_no_template_holds_a_style_or_a_script_of_its_own() -> None:
    for template in (Path(package.__file__).parent / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]* src=)", text), template
