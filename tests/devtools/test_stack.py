"""A development copy keeps to its folder and its ports, and tells its programs what they need."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bopis.config import Settings
from devtools import Trouble
from devtools.stack import Stack, procfile
from firmware_bridge.config import read_config

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack.at(tmp_path, 8000)


def test_the_service_accepts_the_embedded_defaults(stack: Stack) -> None:
    settings = Settings.from_env(stack.environment({}))

    assert settings.database_url == f"sqlite:///{stack.data_dir}/bopis.db"
    assert settings.redis_url == f"unix://{stack.data_dir}/valkey.sock"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.bridges_url == "http://127.0.0.1:8001"
    assert settings.twilio_url == settings.shopify_url == "http://127.0.0.1:8003"


def test_a_database_and_a_redis_from_outside_are_used_instead(stack: Stack) -> None:
    given = {"DATABASE_URL": "postgresql://db.example.com/bopis", "REDIS_URL": "redis://redis.example.com"}

    environment = stack.environment(given)

    assert {name: environment[name] for name in given} == given


def test_the_secret_keys_are_made_once_and_are_for_this_user_alone(stack: Stack) -> None:
    first, second = (stack.environment({})["SECRET_KEYS"] for _ in range(2))

    assert first == second
    assert stat.S_IMODE((stack.data_dir / "secret_keys").stat().st_mode) == 0o600


def test_two_copies_have_different_keys(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Stack.at(tmp_path / "other", 9000)

    assert stack.environment({})["SECRET_KEYS"] != other.environment({})["SECRET_KEYS"]


def test_every_process_of_the_procfiles_runs_but_release(stack: Stack) -> None:
    programs = stack.programs(stack.environment({}))

    assert [program.name for program in programs] == ["web", "bridges", "worker", "relay", "sandbox", "bridge"]
    assert "release" in (ROOT / "Procfile").read_text()


def test_those_who_serve_know_their_port(stack: Stack) -> None:
    programs = stack.programs(stack.environment({}))

    ports = {program.name: program.environment["PORT"] for program in programs if "PORT" in program.environment}
    assert ports == {"web": "8000", "bridges": "8001", "bridge": "8002", "sandbox": "8003"}


def test_the_store_stops_before_the_service_and_the_world_around_it_last(stack: Stack) -> None:
    stages = {program.name: program.stage for program in stack.programs(stack.environment({}))}

    assert stages["bridge"] > stages["web"] == stages["relay"] > stages["sandbox"]


def test_the_bridge_accepts_its_settings(stack: Stack) -> None:
    stack.write_bridge_settings()

    config = read_config(stack.data_dir / "bridge.toml")

    assert (config.cloud_url, config.kiosk_port) == ("http://127.0.0.1:8001", 8002)
    assert config.data_dir == stack.data_dir / "bridge"


def test_a_folder_whose_name_is_too_long_for_a_socket_gives_a_sentence(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()

    with pytest.raises(Trouble, match=r"too long for a socket; choose a shorter --data-dir"):
        Stack.at(deep, 8000).environment({})


def test_a_procfile_may_hold_comments_and_colons(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# what runs\n\nweb: serve app:web\nrelease: migrate\n")

    assert procfile(tmp_path / "Procfile") == [("web", "serve app:web")]
