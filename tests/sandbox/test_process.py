"""`python -m sandbox` as its own process, and its configuration."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.config import BadConfig, config_of
from tests.sandbox.running import ACCOUNT_SID, AUTH_TOKEN, CLIENT_SECRET, DOMAIN, LOCATIONS, SENDER, TOKEN, until

CONFIG: dict[str, Any] = {
    "shop": {
        "domain": DOMAIN,
        "access_token": TOKEN,
        "client_secret": CLIENT_SECRET,
        "webhook_url": "",
        "locations": [{"id": location, "name": name} for location, name in LOCATIONS],
    },
    "twilio": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": SENDER},
}
DOORS = [
    {"number": 1, "board": 0, "channel": 0, "row": 0, "column": 0, "height": 1, "size": "S"},
    {"number": 2, "board": 1, "channel": 3, "row": 1, "column": 0, "height": 2, "size": "M"},
]


def start(config: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", "--config", str(config)]
    environment = {**os.environ, "PORT": str(port)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def test_it_serves_every_part_links_the_bank_and_ends_when_told(tmp_path: Path) -> None:
    tty, port = tmp_path / "bank.tty", free_port()
    (tmp_path / "sandbox.json").write_text(json.dumps({**CONFIG, "bank": {"tty": str(tty), "doors": DOORS}}))
    with start(tmp_path / "sandbox.json", port) as process:
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/livez"), seconds=20)
            for path in ("/", "/shop/", "/phone/", "/bank/", "/design/tokens.css", "/static/goods.svg"):
                assert answers(f"http://127.0.0.1:{port}{path}"), path
            assert tty.is_symlink()
            assert tty.resolve().is_char_device()
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=20)

    assert process.returncode == 0, said
    assert not tty.is_symlink()


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", json.dumps({**CONFIG, "shop": {"domain": DOMAIN}})])
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "sandbox.json").write_text(text)
    process = start(tmp_path / "sandbox.json", 0)
    _, said = process.communicate(timeout=20)

    assert process.returncode == 2
    assert len(said.splitlines()) == 1


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text(json.dumps(CONFIG))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = start(tmp_path / "sandbox.json", port)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 2
    assert said == f"Port {port} cannot be used: Address already in use.\n"


def test_a_missing_name_is_told() -> None:
    with pytest.raises(BadConfig, match="'from'"):
        config_of({**CONFIG, "twilio": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}})


def test_a_location_may_be_a_number_or_a_global_id() -> None:
    places = [{"id": 1001, "name": "One"}, {"id": "gid://shopify/Location/1002", "name": "Two"}]
    config = config_of({**CONFIG, "shop": {**CONFIG["shop"], "locations": places}})

    assert config.shop.locations == (("1001", "One"), ("1002", "Two"))


def test_secrets_do_not_show_when_the_configuration_is_printed() -> None:
    shown = repr(config_of(CONFIG))

    assert not [secret for secret in (TOKEN, CLIENT_SECRET, AUTH_TOKEN) if secret in shown]
