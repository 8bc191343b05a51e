"""The bridge's settings, one small TOML file. A bad value stops the start with one sentence that names it."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from firmware_bridge.logs import FORMATS

LARGEST_PORT = 65535
LANGUAGES = ("en", "es", "fr", "de", "zh-Hans", "ar")


class BadConfig(Exception):
    """A setting is missing or wrong; the text says which, and what to write instead."""


@dataclass(frozen=True)
class Config:
    """Where things are. What hangs on the line comes from the service, with the layout."""

    data_dir: Path
    cloud_url: str
    """The service's bridges process, without a slash at the end."""
    port: str
    """The lock boards' line: a serial device, by a link that survives re-plugging such as /dev/serial/by-id/…, or
    tcp://host:port."""
    kiosk_host: str = "127.0.0.1"
    kiosk_port: int = 8740
    """0 lets the system choose one; the log says which."""
    px_per_mm: float = 5.5
    """Of the kiosk's screen, so that a finger finds what it presses."""
    language: str = "en"
    """What the kiosk speaks until a shopper chooses another."""
    scanner: str | None = None
    """The QR scanner's serial device, if it has one; a scanner that types needs nothing here."""
    enrolment_code_file: Path | None = None
    log_format: str = "text"
    """"text" for people, "json" for one object a line."""


def read_config(path: Path) -> Config:
    """Read the file; relative paths in it are relative to its folder. Raises BadConfig."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadConfig(f"The configuration {path} cannot be read ({problem.strerror}).") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadConfig(f"The configuration {path} is not TOML ({problem}).") from problem
    unknown = sorted(set(body) - set(Config.__dataclass_fields__))
    if unknown:
        raise BadConfig(
            f"{path} sets {unknown[0]}, which is no setting. Known are: {', '.join(Config.__dataclass_fields__)}."
        )
    code_file = _text(body, "enrolment_code_file", default="")
    return Config(
        data_dir=path.parent / _text(body, "data_dir"),
        cloud_url=_url(body),
        port=_line(body),
        kiosk_host=_host(body),
        kiosk_port=_port(body),
        px_per_mm=_scale(body),
        language=_language(body),
        scanner=_scanner(body),
        enrolment_code_file=path.parent / code_file if code_file else None,
        log_format=_log_format(body),
    )


def _text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if value is None or value == "" != default:
        raise BadConfig(f"{name} is not set.")
    if not isinstance(value, str):
        raise BadConfig(f"{name} must be text in quotes.")
    return value


def _line(body: dict[str, Any]) -> str:
    value = _text(body, "port")
    if "://" not in value:
        return value
    parts = urlsplit(value)
    try:
        sound = parts.scheme == "tcp" and parts.hostname and parts.port and not (parts.path or parts.query)
    except ValueError:
        sound = False
    if not sound:
        raise BadConfig("port must be a serial device such as /dev/serial/by-id/…, or tcp://host:port.")
    return value


def _url(body: dict[str, Any]) -> str:
    value = _text(body, "cloud_url").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadConfig("cloud_url must be the service's address, such as https://bridges.example.com.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise BadConfig("cloud_url must start with https:// unless the service runs on this machine.")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(body: dict[str, Any]) -> str:
    value = _text(body, "kiosk_host", default=Config.kiosk_host)
    try:
        return str(ipaddress.ip_address("127.0.0.1" if value == "localhost" else value))
    except ValueError as problem:
        raise BadConfig("kiosk_host must be an address of this machine, such as 127.0.0.1.") from problem


def _port(body: dict[str, Any]) -> int:
    value = body.get("kiosk_port", Config.kiosk_port)
    if type(value) is not int or not 0 <= value <= LARGEST_PORT:
        raise BadConfig("kiosk_port must be a number from 0 to 65535.")
    return value


def _scale(body: dict[str, Any]) -> float:
    value = body.get("px_per_mm", Config.px_per_mm)
    if type(value) not in (int, float) or not 1 <= value <= 30:
        raise BadConfig("px_per_mm must be a number from 1 to 30.")
    return float(value)


def _language(body: dict[str, Any]) -> str:
    value = _text(body, "language", default=Config.language)
    if value not in LANGUAGES:
        raise BadConfig(f"language must be one of {', '.join(LANGUAGES)}.")
    return value


def _log_format(body: dict[str, Any]) -> str:
    value = _text(body, "log_format", default=Config.log_format)
    if value not in FORMATS:
        raise BadConfig(f"log_format must be one of {', '.join(FORMATS)}.")
    return value


def _scanner(body: dict[str, Any]) -> str | None:
    if "scanner" not in body:
        return None
    value = _text(body, "scanner")
    if value == body["port"]:
        raise BadConfig("scanner and port must be two devices.")
    return value
