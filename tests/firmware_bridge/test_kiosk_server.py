"""The kiosk's local server, asked by whom it should not answer."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from firmware_bridge.changes import Changes
from firmware_bridge.kiosk.server import kiosk_app
from firmware_bridge.kiosk.view import Parts
from tests.firmware_bridge.bench import Bench

HERE = {"base_url": "http://127.0.0.1:8740"}


@pytest.fixture
def client(bench: Bench) -> FlaskClient:
    parts = Parts(
        bench.journal,
        bench.bank,
        bench.handover,
        bench.judge,
        bench.presence,
        Changes(),
        bench.desk,
        enrolled=True,
        online=True,
    )
    return kiosk_app(parts, "127.0.0.1", 5.5).test_client()


def post(client: FlaskClient, path: str, body: Any = None, **more: Any) -> Any:
    return client.post(f"/api/{path}", json={} if body is None else body, **HERE, **more)


def test_the_page_comes_with_headers_that_keep_it_alone(client: FlaskClient) -> None:
    answer = client.get("/", **HERE)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script>" not in answer.data
    assert b" style=" not in answer.data


def test_it_says_that_it_lives(client: FlaskClient) -> None:
    assert client.get("/livez", **HERE).json["ok"] is True


def test_the_state_draws_the_whole_bank(client: FlaskClient) -> None:
    state = client.get("/api/state?since=0", **HERE).json
    assert state["bank"] == {"name": "Entrance"}
    assert state["store"] == {"name": "Example Store"}
    assert len(state["doors"]) == 24
    assert state["doors"][6] == {
        "number": 7,
        "row": 0,
        "column": 1,
        "height": 1,
        "size": "M",
        "accessible": False,
        "state": "shut",
        "in_service": True,
        "suspect": False,
        "reminders": 0,
    }
    assert state["ready"]
    assert state["session"] is None
    assert len(state["presence"]["code"]) == 6


def test_a_code_is_judged(client: FlaskClient, bench: Bench) -> None:
    bench.holds(7)
    assert post(client, "code", {"code": "047193508"}).json == {"verdict": "open", "retry_after": None}
    assert post(client, "code", {"code": "047193508"}).json["verdict"] == "busy"


def test_a_hostile_scan_is_just_a_no(client: FlaskClient) -> None:
    for text in ("", "LKR1:", "'; DROP TABLE grants; --", "LKR1:" + "a" * 26, "\x00" * 64, "☃" * 100):
        assert post(client, "scan", {"text": text}).json == {"verdict": "no", "retry_after": None}


BAD_BODIES = [
    ("code", {"code": 47193508}, 400, "bad_code"),
    ("code", {}, 400, "bad_code"),
    ("code", [1], 400, "not_json"),
    ("code", {"code": "0" * 257}, 400, "bad_code"),
    ("scan", {"text": None}, 400, "bad_text"),
    ("problem", {"problem": "smell"}, 400, "bad_problem"),
    ("again", {}, 409, "nothing_to_do"),
    ("next", {}, 409, "nothing_to_do"),
    ("done", {}, 409, "nothing_to_do"),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), BAD_BODIES)
def test_bad_input_gets_a_stable_code(client: FlaskClient, path: str, body: Any, status: int, code: str) -> None:
    answer = post(client, path, body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]


def test_what_is_not_json_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/code", data="code=047193508", **HERE).status_code == 415
    broken = client.post("/api/code", data=b"{", content_type="application/json", **HERE)
    assert (broken.status_code, broken.json["code"]) == (400, "not_json")


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/code", data=b"x" * 5000, content_type="application/json", **HERE)
    assert (answer.status_code, answer.json["code"]) == (413, "request_entity_too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
)
def test_another_sites_page_is_not_answered(client: FlaskClient, bench: Bench, headers: dict[str, str]) -> None:
    bench.holds(7)
    answer = post(client, "code", {"code": "047193508"}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "wrong_origin")
    assert bench.pulses == []


def test_a_name_made_to_point_here_is_not_answered(client: FlaskClient) -> None:
    answer = client.get("/api/state", base_url="http://kiosk.example.com:8740")
    assert (answer.status_code, answer.json["code"]) == (403, "wrong_host")


def test_its_own_page_is_answered(client: FlaskClient) -> None:
    headers = {"Origin": "http://127.0.0.1:8740", "Sec-Fetch-Site": "same-origin"}
    assert post(client, "problem", {"problem": "help"}, headers=headers).status_code == 200


@pytest.mark.parametrize("since", ["x", "-1", "1e9", "9" * 40])
def test_a_strange_since_is_refused(client: FlaskClient, since: str) -> None:
    assert client.get(f"/api/state?since={since}", **HERE).json["code"] == "bad_since"


def test_an_unknown_address_answers_json(client: FlaskClient) -> None:
    answer = client.get("/api/nothing", **HERE)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_full_disk_is_said_in_words(client: FlaskClient, bench: Bench) -> None:
    bench.fill_disk()
    answer = post(client, "problem", {"problem": "help"})
    assert (answer.status_code, answer.json["code"]) == (503, "disk")
    assert client.get("/api/state", **HERE).json["trouble"] == "disk"


def test_a_paused_kiosk_says_for_how_long(client: FlaskClient, bench: Bench) -> None:
    for _ in range(5):
        post(client, "code", {"code": "047000000"})
    assert post(client, "code", {"code": "047000000"}).json == {"verdict": "wait", "retry_after": 30}
    assert client.get("/api/state", **HERE).json["paused_seconds"] == 30


def test_the_page_shows_that_it_lives(client: FlaskClient, bench: Bench) -> None:
    client.get("/api/state?since=0", **HERE)
    assert client.get("/livez", **HERE).json["page_seconds"] is None
    client.get("/api/state?since=0&page=1", **HERE)
    bench.pass_time(12)
    assert client.get("/livez", **HERE).json["page_seconds"] == 12


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/kiosk/../../server.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/..\\server.py",
        "/static/kiosk.js%00.css",
        "/static/",
        "/templates/kiosk.html",
    ],
)
def test_no_file_but_the_pages_own_is_served(client: FlaskClient, path: str) -> None:
    answer = client.get(path, **HERE)
    assert answer.status_code in (308, 404), path
    assert b"import" not in answer.data
    assert b"root:" not in answer.data


def test_a_method_nobody_needs_is_refused(client: FlaskClient) -> None:
    for method in ("put", "delete", "patch"):
        assert getattr(client, method)("/api/code", **HERE).status_code == 405
    assert client.post("/", data={"file": (io.BytesIO(b"x"), "x.html")}, **HERE).status_code == 405


def test_the_page_speaks_the_stores_language_first(bench: Bench) -> None:
    parts = Parts(bench.journal, bench.bank, bench.handover, bench.judge, bench.presence, Changes(), bench.desk)
    page = kiosk_app(parts, "127.0.0.1", 5.5, "ar").test_client().get("/", **HERE)
    assert b'<html lang="ar" data-language="ar"' in page.data
