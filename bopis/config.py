"""Settings from the environment. A bad value stops the boot with one sentence that names it."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, getaddresses
from typing import Any
from urllib.parse import unquote, urlsplit

SHORTEST_TOKEN = 16
_SMTP = {"smtp": ("none", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}
"""Scheme → security and usual port (RFC 8314, RFC 6409)."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class BadSetting(Exception):
    """A setting is missing or wrong; the text says which, what was wrong and what to write instead."""


@dataclass(frozen=True)
class Mail:
    """A mail server and who writes. `security`: `tls`, `starttls`, or `none` for a relay nearby."""

    host: str
    port: int
    security: str
    sender: str
    """`Name <address>`, or a bare address."""
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything the service is told from outside; the environment's names are the fields' in capitals."""

    database_url: str
    redis_url: str
    secret_keys: tuple[bytes, ...] = field(repr=False)
    """32 bytes each; the first seals, all of them open, so that a key can be retired."""
    public_url: str
    """Where shoppers, platforms and providers reach the web process; no slash at the end."""
    bridges_url: str
    """Where bridges reach the bridges process; their signatures cover it."""
    shopify_url: str = ""
    """Empty in production: each shop is called at its own address."""
    shopify_client_id: str = ""
    """Of our app, so that merchants can install it; empty where shops are connected by hand."""
    shopify_client_secrets: tuple[str, ...] = field(default=(), repr=False)
    """The first signs; deliveries signed with any of them are ours, so that a secret can be retired."""
    bigcommerce_url: str = "https://api.bigcommerce.com"
    square_url: str = "https://connect.squareup.com"
    woocommerce_url: str = ""
    """Empty in production: each shop is called at its own address."""
    magento_url: str = ""
    """Empty in production: each shop is called at its own address, Adobe's keys are fetched at Adobe's."""
    twilio_url: str = "https://api.twilio.com"
    stripe_url: str = "https://api.stripe.com"
    mail: Mail | None = None
    """How e-mail goes out; None where it does not, and people are asked instead."""
    log_format: str = "json"
    """`json` or `text`; read by `bopis.logs` before anything else."""
    private_urls: bool = False
    """For a sandbox alone: merchants may have us call http and this machine's own network."""
    metrics_token: str = field(default="", repr=False)
    """What a scraper that is not on this machine shows to read `/metrics`; empty lets none in."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment. Raises BadSetting."""
        public_url = _url(environ, "PUBLIC_URL", "http", "https")
        return cls(
            database_url=_database_url(environ),
            redis_url=_url(environ, "REDIS_URL", "redis", "rediss", "unix"),
            secret_keys=_keys(environ),
            public_url=public_url,
            bridges_url=_url(environ, "BRIDGES_URL", "http", "https", default=public_url),
            shopify_url=_url(environ, "SHOPIFY_URL", "http", "https", default=""),
            **_shopify_app(environ),
            square_url=_url(environ, "SQUARE_URL", "http", "https", default=cls.square_url),
            bigcommerce_url=_url(environ, "BIGCOMMERCE_URL", "http", "https", default=cls.bigcommerce_url),
            woocommerce_url=_url(environ, "WOOCOMMERCE_URL", "http", "https", default=""),
            magento_url=_url(environ, "MAGENTO_URL", "http", "https", default=""),
            twilio_url=_url(environ, "TWILIO_URL", "http", "https", default=cls.twilio_url),
            stripe_url=_url(environ, "STRIPE_URL", "http", "https", default=cls.stripe_url),
            mail=_mail(environ),
            private_urls=_private_urls(environ),
            metrics_token=_metrics_token(environ),
            log_format=_log_format(environ),
        )


def _url(environ: Mapping[str, str], name: str, *schemes: str, default: str | None = None) -> str:
    value = environ.get(name, "").strip().rstrip("/")
    if not value:
        if default is None:
            raise BadSetting(f"{name} is not set. Write a URL such as {schemes[0]}://….")
        return default
    parts = urlsplit(value)
    if parts.scheme not in schemes or not (parts.netloc or parts.path):
        raise BadSetting(f"{name} must start with {' or '.join(s + '://' for s in schemes)} and name a host.")
    return value


def _shopify_app(environ: Mapping[str, str]) -> dict[str, Any]:
    client_id = environ.get("SHOPIFY_CLIENT_ID", "").strip()
    secrets = tuple(part.strip() for part in environ.get("SHOPIFY_CLIENT_SECRET", "").split(",") if part.strip())
    if bool(client_id) != bool(secrets):
        raise BadSetting(
            "SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET go together: set both, or neither. "
            "Several secrets are separated by commas, newest first."
        )
    return {"shopify_client_id": client_id, "shopify_client_secrets": secrets}


def _mail(environ: Mapping[str, str]) -> Mail | None:
    url, sender = environ.get("SMTP_URL", "").strip(), environ.get("MAIL_FROM", "").strip()
    if bool(url) != bool(sender):
        raise BadSetting("SMTP_URL and MAIL_FROM go together: set both, or neither.")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts = host = port = None
    if parts is None or parts.scheme not in _SMTP or not host or parts.path.strip("/") or port == 0:
        raise BadSetting(
            "SMTP_URL must be smtp+starttls://user:password@host, smtps://user:password@host or smtp://host, "
            "signs such as @ and / in the password written as %40 and %2F."
        )
    security, usual = _SMTP[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise BadSetting("SMTP_URL must name a user and a password, or neither.")
    if user and security == "none" and host not in THIS_MACHINE:
        raise BadSetting("SMTP_URL would send the password in the clear. Write smtp+starttls:// or smtps://.")
    return Mail(host, port or usual, security, _sender(sender), user, password)


def _sender(text: str) -> str:
    (name, address), *more = getaddresses([text])
    if (
        not re.fullmatch(r"[^@\s<>,;:\"\\]+@[^@\s<>,;:\"\\]+", address)
        or more
        or not text.isprintable()
        or not text.isascii()
    ):
        raise BadSetting("MAIL_FROM must be an address, or a name and an address: Pickup <pickup@shop.example>.")
    return formataddr((name, address))


def _log_format(environ: Mapping[str, str]) -> str:
    value = environ.get("LOG_FORMAT", "").strip() or "json"
    if value not in ("json", "text"):
        raise BadSetting("LOG_FORMAT must be json or text.")
    return value


def _private_urls(environ: Mapping[str, str]) -> bool:
    value = environ.get("PRIVATE_URLS", "").strip()
    if value not in ("", "sandbox"):
        raise BadSetting("PRIVATE_URLS must be sandbox, on a machine that holds nothing real, or not be set.")
    return value == "sandbox"


def _metrics_token(environ: Mapping[str, str]) -> str:
    token = environ.get("METRICS_TOKEN", "").strip()
    if token and len(token) < SHORTEST_TOKEN:
        raise BadSetting(
            f"METRICS_TOKEN must be at least {SHORTEST_TOKEN} characters. Make one with: openssl rand -base64 32"
        )
    return token


def _database_url(environ: Mapping[str, str]) -> str:
    value = environ.get("DATABASE_URL", "").strip()
    if not value:
        raise BadSetting("DATABASE_URL is not set. Write postgresql://user@host/name or sqlite:///path/to/file.db.")
    scheme, _, rest = value.partition("://")
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and rest:
        return "postgresql+psycopg://" + rest
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return value
    raise BadSetting("DATABASE_URL must be postgresql://user@host/name or sqlite:///path/to/file.db.")


def _keys(environ: Mapping[str, str]) -> tuple[bytes, ...]:
    keys = []
    for text in environ.get("SECRET_KEYS", "").split(","):
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise BadSetting(
                "SECRET_KEYS must be 32 random bytes in base64, several separated by commas, newest first. "
                "Make one with: openssl rand -base64 32"
            )
        keys.append(key)
    return tuple(keys)
