"""Whatever is sent, in words that the document allows and in words that it does not: every answer is one it names.

The requests are drawn by Schemathesis from our own OpenAPI document, and sent to the service as a server would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bopis.access.scopes import SCOPES
from bopis.web.api_v1.limits import Lid
from tests.bopis.web.api_v1.developer import Developer
from tests.world import PHONE, World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """The stricter of the two: it refuses texts that SQLite keeps."""
    return postgresql_url


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often a key may ask is another test's."""
    monkeypatch.setattr(Lid, "take", lambda *_: None)


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    """Some of Fernhill's: what is drawn by chance is never there."""
    return {
        "pickup_id": world.ready(first_name="Samantha"),
        "store_id": world.store_id,
        "bank_id": world.bank_id,
    }


def operations(web: Flask) -> Iterator[Any]:
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", web)
    yield from (found.ok() for found in document.get_all_operations())


def fuzz(web: Flask, headers: dict[str, str], ids: dict[str, str], examples: int) -> list[tuple[int, str]]:
    """Ask everything in many ways; status and text of every answer, each one as the document has it."""
    answers: list[tuple[int, str]] = []

    def ask(case: Case, named: bool) -> None:
        if named:
            known = {name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
            case.path_parameters = known  # type: ignore[assignment]
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        answers.append((answer.status_code, answer.text))

    quiet = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 100,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations(web):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                drawn = operation.as_strategy(generation_mode=mode)
                quiet(given(case=drawn, named=st.booleans())(ask))()
            except Exception as problem:
                if "Impossible" in type(problem).__name__ or "Unsatisfiable" in type(problem).__name__:
                    continue  # nothing can be wrong about what takes nothing
                raise
    return answers


@pytest.mark.timeout(240)
def test_every_answer_to_a_key_of_every_scope_is_one_the_document_names(
    web: Flask, developer: Developer, ids: dict[str, str]
) -> None:
    answers = fuzz(web, developer.headers, ids, examples=10)

    assert {200, 400, 404} <= {status for status, _ in answers}


@pytest.mark.timeout(240)
def test_a_key_that_may_not_know_shoppers_learns_nothing_of_them(web: Flask, world: World, ids: dict[str, str]) -> None:
    others = [scope for scope in SCOPES if scope != "shoppers:read"]
    answers = fuzz(web, Developer(web, world, others).headers, ids, examples=3)

    assert 200 in {status for status, _ in answers}
    assert not any("Samantha" in text or PHONE in text for _, text in answers)


@pytest.mark.timeout(240)
def test_another_merchants_key_sees_nothing_of_ours(web: Flask, stranger: Developer, ids: dict[str, str]) -> None:
    answers = fuzz(web, stranger.headers, ids, examples=3)

    assert 404 in {status for status, _ in answers}
    assert not any("Fernhill" in text or "Samantha" in text for _, text in answers)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_for_a_long_while(web: Flask, developer: Developer, ids: dict[str, str]) -> None:
    fuzz(web, developer.headers, ids, examples=500)
