from __future__ import annotations

import base64

import pytest

from bopis.config import BadSetting, Settings

GOOD = {
    "DATABASE_URL": "postgresql://me@db/bopis",
    "REDIS_URL": "redis://cache:6379/0",
    "SECRET_KEYS": base64.b64encode(b"k" * 32).decode(),
    "PUBLIC_URL": "https://pickup.example.com/",
}


def test_good_settings_are_read() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.database_url == "postgresql+psycopg://me@db/bopis"
    assert settings.public_url == settings.bridges_url == "https://pickup.example.com"
    assert settings.secret_keys == (b"k" * 32,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://db/bopis"),
        ("DATABASE_URL", "sqlite:///"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "http://cache"),
        ("SECRET_KEYS", ""),
        ("SECRET_KEYS", "c2hvcnQ="),
        ("SECRET_KEYS", "not base64"),
        ("PUBLIC_URL", "pickup.example.com"),
        ("BRIDGES_URL", "ftp://bridges"),
        ("METRICS_TOKEN", "short"),
        ("LOG_FORMAT", "xml"),
        ("SMTP_URL", "smtp://localhost"),
        ("MAIL_FROM", "pickup@shop.example"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({**GOOD, name: value})


def test_no_secret_is_shown_by_printing_the_settings() -> None:
    assert "kkkk" not in repr(Settings.from_env(GOOD))


def test_our_app_at_a_platform_is_named_whole_or_not_at_all() -> None:
    settings = Settings.from_env({**GOOD, "SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "new, old"})
    assert (settings.shopify_client_id, settings.shopify_client_secrets) == ("id", ("new", "old"))
    assert "old" not in repr(settings)
    for name in ("SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"):
        with pytest.raises(BadSetting, match="go together"):
            Settings.from_env({**GOOD, name: "alone"})


FROM = "Pickup <pickup@shop.example>"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
        ("smtp://me:word@127.0.0.1:2525", ("127.0.0.1", 2525, "none", "me", "word")),
        ("smtps://me:p%40ss%2Fword@mail.shop.example", ("mail.shop.example", 465, "tls", "me", "p@ss/word")),
        ("smtp+starttls://me:word@mail.shop.example", ("mail.shop.example", 587, "starttls", "me", "word")),
    ],
)
def test_a_mail_server_is_read(url: str, server: tuple[str, int, str, str, str]) -> None:
    mail = Settings.from_env({**GOOD, "SMTP_URL": url, "MAIL_FROM": FROM}).mail
    assert mail is not None and (mail.host, mail.port, mail.security, mail.user, mail.password) == server
    assert mail.sender == FROM and "word" not in repr(mail)


def test_without_a_mail_server_there_is_none() -> None:
    assert Settings.from_env(GOOD).mail is None


@pytest.mark.parametrize(
    "url",
    [
        "mail.shop.example",
        "http://mail.shop.example",
        "smtp://",
        "smtps://mail.shop.example:port",
        "smtps://mail.shop.example/path",
        "smtps://me@mail.shop.example",
        "smtp://me:word@mail.shop.example",
    ],
)
def test_a_mail_server_that_cannot_be_stops_the_start_and_shows_no_password(url: str) -> None:
    with pytest.raises(BadSetting, match="SMTP_URL") as said:
        Settings.from_env({**GOOD, "SMTP_URL": url, "MAIL_FROM": FROM})
    assert "word@" not in str(said.value).replace("password@", "")


@pytest.mark.parametrize("sender", ["pickup", "Pickup <>", "a@b, c@d", "Pickup\n<a@b.example>", "Zoë <a@b.example>"])
def test_a_sender_that_is_no_address_stops_the_start(sender: str) -> None:
    with pytest.raises(BadSetting, match="MAIL_FROM"):
        Settings.from_env({**GOOD, "SMTP_URL": "smtp://localhost", "MAIL_FROM": sender})
