"""Whatever is sent, in words that the document allows and in words that it does not: every answer is one it names.

The requests are drawn by Schemathesis from our own OpenAPI document, and sent to the service as a server would: each
with a key of every scope, and with one of all the others in turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
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

from bopis.web.api_v1.limits import Lid
from tests.bopis.web.api_v1.holders import Holder, holders
from tests.bopis.web.api_v1.test_orders import connection, order
from tests.world import PHONE, World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ORDER = order(id="F-1")


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """The stricter of the two: it refuses texts that SQLite keeps."""
    return postgresql_url


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often a key may ask is another test's."""
    monkeypatch.setattr(Lid, "take", lambda *_: None)


class Service:
    """The service as those with keys, and without, find it; every answer is held against the document."""

    def __init__(self, web: Flask, world: World) -> None:
        document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", web)
        self.operations = [found.ok() for found in document.get_all_operations()]
        self.reached: dict[str, set[int]] = defaultdict(set)
        """Operation → the statuses that it answered with."""
        # Some of Fernhill's: what is drawn by chance is never there.
        self.ids = {
            "pickup_id": world.ready(first_name="Samantha"),
            "store_id": world.store_id,
            "bank_id": world.bank_id,
        }
        store = (*self.ids.values(), "Fernhill High Street")
        merchant = (connection(world, "Till"), world.station_id, "Fernhill")
        self.everybody = list(holders(web, world, ("Samantha", PHONE), store, merchant))
        self.owner = self.everybody[0]

    def ask(self, case: Case, holder: Holder, **headers: str) -> int:
        """What the holder is answered, which is as documented and no more than it may know."""
        answer = case.call(headers={**headers, **holder.headers})
        case.validate_response(answer, checks=CHECKS)
        assert not any(word in answer.text for word in holder.hidden), (holder, case.formatted_path)
        # Some of what is drawn is to come without a key.
        comes_in = holder.is_let_in and "Authorization" in answer.request.headers
        assert comes_in == (answer.status_code != 401), holder
        self.reached[case.operation.label].add(answer.status_code)
        return int(answer.status_code)

    def right(self, operation: Any, **more: Any) -> Case:
        """A request with nothing wrong about it."""
        named = {each: value for each, value in self.ids.items() if f"{{{each}}}" in operation.path}
        body = {"/orders": ORDER, "/pickups/{pickup_id}/extend": {"hours": 100}}.get(operation.path)
        sent = {"body": body, "media_type": "application/json"} if body else {}
        case: Case = operation.Case(path_parameters=named, **sent, **more)
        return case

    def fuzz(self, examples: int) -> None:
        """Ask everything in many ways; the same ones every time while they are few."""
        others = cycle(self.everybody[1:])

        def ask(case: Case, named: bool) -> None:
            if named:
                known = {name: self.ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
                case.path_parameters = known  # type: ignore[assignment]
            self.ask(case, next(others))
            self.ask(case, self.owner)

        quiet = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=examples < 50,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        for operation, mode in self._ways():
            try:
                quiet(given(case=operation.as_strategy(generation_mode=mode), named=st.booleans())(ask))()
            except Exception as problem:
                if "Impossible" in type(problem).__name__ or "Unsatisfiable" in type(problem).__name__:
                    continue  # nothing can be wrong about what takes nothing
                raise

    def _ways(self) -> Iterator[tuple[Any, GenerationMode]]:
        for operation in self.operations:
            yield operation, GenerationMode.POSITIVE
            yield operation, GenerationMode.NEGATIVE


@pytest.fixture
def service(web: Flask, world: World) -> Service:
    return Service(web, world)


@pytest.mark.timeout(240)
def test_every_answer_to_every_key_is_one_the_document_names(service: Service) -> None:
    for operation in service.operations:
        for holder in service.everybody:
            service.ask(service.right(operation), holder)
        service.ask(service.right(operation, query={"nothing": "1"}), service.owner)
        if operation.method == "get":
            service.ask(service.right(operation), service.owner, **{"If-None-Match": "*"})
    service.fuzz(examples=3)

    for operation in service.operations:
        good = {202} if operation.path == "/orders" else {200, 304} if operation.method == "get" else {200}
        named = {404} if "{" in operation.path else set()
        assert {*good, 400, 401, 403, *named} <= service.reached[operation.label], operation.label


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_for_a_long_while(service: Service) -> None:
    service.fuzz(examples=200)
