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
