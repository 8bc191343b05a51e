"""The reference: the same for programs and for people, complete, and readable on any screen."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from bopis.access.scopes import SCOPES
from bopis.web.api_v1.codes import CODES


def test_the_document_promises_that_every_field_of_an_answer_is_there(web: Flask) -> None:
    told = web.test_client().get("/api/v1/openapi.json").get_json()

    pickup = told["components"]["schemas"]["Pickup"]
    assert set(pickup["required"]) == set(pickup["properties"])
    assert pickup["properties"]["hold_until"]["type"] == ["string", "null"]
    assert told["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_code_that_an_operation_names_is_explained_and_none_is_left_over(web: Flask) -> None:
    told = web.test_client().get("/api/v1/openapi.json").get_json()
    named = {
        code
        for methods in told["paths"].values()
        for said in methods.values()
        for status, answer in said["responses"].items()
        if not status.startswith("2")
        for code in re.findall("`([a-z_]+)`", answer["description"])
    }
    assert named | {"method_not_allowed"} == set(CODES)


def test_the_page_shows_every_operation_scope_and_code(web: Flask) -> None:
    told = web.test_client().get("/api/v1/openapi.json").get_json()
    page = web.test_client().get("/api/v1/").text

    for methods in told["paths"].values():
        for said in methods.values():
            assert f'id="{said["operationId"]}"' in page
    for code in CODES:
        assert f'id="problem-{code}"' in page
    assert all(scope in page for scope in SCOPES)
    targets, names = set(re.findall('href="#([^"]+)"', page)), set(re.findall('id="([^"]+)"', page))
    assert targets <= names
    assert not re.search(r'(src|href)="https?:', page)


@pytest.mark.parametrize("shape", ["Pickup", "Bank", "Event", "Taken"])
def test_the_page_shows_the_shapes_of_answers(web: Flask, shape: str) -> None:
    assert f'id="shape-{shape}"' in web.test_client().get("/api/v1/").text
