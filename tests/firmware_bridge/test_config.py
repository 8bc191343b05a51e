"""The settings file: what is right is read, what is wrong is named in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.__main__ import main
from firmware_bridge.config import BadConfig, read_config

GOOD = {"data_dir": '"data"', "cloud_url": '"https://bridges.example.com/"', "port": '"/dev/ttyUSB0"'}


def write(folder: Path, **lines: str | None) -> Path:
    path = folder / "bridge.toml"
    path.write_text("".join(f"{name} = {value}\n" for name, value in {**GOOD, **lines}.items() if value is not None))
    return path


def test_three_settings_are_enough(tmp_path: Path) -> None:
    config = read_config(write(tmp_path))
    assert config.data_dir == tmp_path / "data"
    assert config.cloud_url == "https://bridges.example.com"
    assert (config.kiosk_host, config.kiosk_port) == ("127.0.0.1", 8740)
    assert config.enrolment_code_file is None
    assert (config.language, config.scanner) == ("en", None)


def test_the_boards_may_be_on_the_network(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, port='"tcp://192.0.2.7:4001"')).port == "tcp://192.0.2.7:4001"


def test_a_scanner_and_a_language_are_read(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, scanner='"/dev/serial/by-id/scanner"', language='"zh-Hans"'))
    assert (config.scanner, config.language) == ("/dev/serial/by-id/scanner", "zh-Hans")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ({"data_dir": None}, "data_dir is not set"),
        ({"port": '""'}, "port is not set"),
        ({"port": "5"}, "port must be text"),
        ({"port": '"tcp://192.0.2.7"'}, "port must be a serial device"),
        ({"port": '"tcp://192.0.2.7:70000"'}, "port must be a serial device"),
        ({"port": '"http://192.0.2.7:80"'}, "port must be a serial device"),
        ({"cloud_url": '"bridges.example.com"'}, "cloud_url must be"),
        ({"cloud_url": '"http://bridges.example.com"'}, "must start with https://"),
        ({"kiosk_host": '"kiosk"'}, "kiosk_host must be an address"),
        ({"kiosk_port": "70000"}, "kiosk_port must be a number"),
        ({"kiosk_port": "true"}, "kiosk_port must be a number"),
        ({"px_per_mm": "0"}, "px_per_mm must be a number"),
        ({"language": '"nl"'}, "language must be one of en, es"),
        ({"scanner": '""'}, "scanner is not set"),
        ({"scanner": '"/dev/ttyUSB0"'}, "scanner and port must be two devices"),
        ({"colour": '"blue"'}, "sets colour, which is no setting"),
        ({"port": "/dev/tty"}, "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, lines: dict[str, str | None], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        read_config(write(tmp_path, **lines))


def test_a_missing_file_is_one_sentence_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.startswith("bopis-bridge: The configuration")


def test_enrolling_without_a_service_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, cloud_url='"http://127.0.0.1:9"')
    assert main(["enrol", "--config", str(path), "CODE"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_enrolling_without_a_code_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrol", "--config", str(write(tmp_path))]) == 1
    assert "There is no enrolment code" in capsys.readouterr().err
