"""Every operation × no key, a wrong one, one without the scope, one of another merchant's, one for another store."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from bopis import clock
from bopis.access.actions import revoke
from bopis.access.models import ApiKey
from bopis.access.scopes import SCOPES
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    """What a path may name, all of it of Fernhill's High Street."""
    return {"{store_id}": world.store_id, "{bank_id}": world.bank_id, "{pickup_id}": world.ready()}


def operations(web: Flask, ids: dict[str, str]) -> Iterator[tuple[str, str, str, bool]]:
    """Method, path, scope, and whether it names something: all of the document."""
    told = web.test_client().get("/api/v1/openapi.json").get_json()
    for path, methods in told["paths"].items():
        filled = path
        for name, value in ids.items():
            filled = filled.replace(name, value)
        assert "{" not in filled, filled
        for method, said in methods.items():
            yield method.upper(), filled, said["x-scope"], filled != path


_SENT = {
    "extend": {"hours": 200},
    "orders": {"id": "1", "updated_at": "2026-01-01T00:00:00Z", "paid": True, "units": []},
}


def ask(developer: Developer, method: str, path: str) -> tuple[int, str]:
    sent = _SENT.get(path.rpartition("/")[2])
    answer = developer.client.open(f"/api/v1{path}", method=method, json=sent, headers=developer.headers)
    return (answer.status_code, "") if answer.status_code < 300 else refusal(answer)


def test_the_document_names_every_address_there_is(web: Flask) -> None:
    told = web.test_client().get("/api/v1/openapi.json").get_json()
    documented = {f"api_v1.{said['operationId']}" for each in told["paths"].values() for said in each.values()}
    found = {rule.endpoint for rule in web.url_map.iter_rules() if rule.endpoint.startswith("api_v1.")}
    assert found == documented | {"api_v1.openapi", "api_v1.reference"}


def test_without_a_key_nobody_gets_anywhere(web: Flask, developer: Developer, ids: dict[str, str]) -> None:
    for shown in ("", "Bearer ", f"Bearer {developer.text}x", f"Basic {developer.text}", "Bearer \x00", "Bearer é"):
        developer.headers = {"Authorization": shown}
        for method, path, _, _ in operations(web, ids):
            assert ask(developer, method, path) == (401, "not_signed_in"), path


def test_a_key_that_was_taken_back_opens_nothing_more(world: World, developer: Developer) -> None:
    developer.reads("/stores")
    with world.database.transaction() as session:
        revoke(session, session.get_one(ApiKey, developer.key.id), clock.now(), actor="system")

    assert refusal(developer.get("/stores")) == (401, "not_signed_in")


def test_a_key_goes_as_far_as_its_scopes(web: Flask, world: World, ids: dict[str, str]) -> None:
    for held in SCOPES:
        developer = Developer(web, world, [held])
        for method, path, scope, _ in operations(web, ids):
            status, code = ask(developer, method, path)
            assert (code == "missing_scope") == (scope != held), (held, path, status, code)
            assert status < 500


def test_of_another_merchant_nothing_is_there(web: Flask, stranger: Developer, ids: dict[str, str]) -> None:
    for method, path, _, named in operations(web, ids):
        if named:
            assert ask(stranger, method, path) == (404, "not_found"), path
        elif method == "GET":
            assert not any(value in stranger.get(path).text for value in ids.values()), path


def test_for_another_store_nothing_is_there_either(web: Flask, world: World, ids: dict[str, str]) -> None:
    developer = Developer(web, world, store_id=world.station_id)
    for method, path, _, named in operations(web, ids):
        if named:
            assert ask(developer, method, path) == (404, "not_found"), path
        elif method == "GET":
            assert not any(value in developer.get(path).text for value in ids.values()), path


@pytest.mark.parametrize("path", ["/nothing", "/pickups/x/y", "/"])
def test_an_unknown_address_or_method_answers_a_problem_too(developer: Developer, path: str) -> None:
    answer = developer.post(path, {})
    assert refusal(answer) in ((404, "not_found"), (405, "method_not_allowed"))
    if answer.status_code == 405:
        assert "GET" in answer.headers["Allow"]


def test_a_key_is_kept_as_a_hash_and_logged_nowhere(
    world: World, developer: Developer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    developer.reads("/stores")

    secret = developer.text.rpartition("_")[2]
    with world.database.reading() as session:
        kept = session.get_one(ApiKey, developer.key.id)
        assert kept.last_used_at is not None
        assert all(secret not in str(getattr(kept, column.key)) for column in ApiKey.__table__.columns)
    assert secret not in caplog.text
