from __future__ import annotations

import pytest

from integrations.woocommerce import site_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("shop.example.com", "shop.example.com"),
        (" https://Shop.Example.COM/ ", "shop.example.com"),
        ("HTTPS://example.com/Shop/eu/", "example.com/Shop/eu"),
        ("example.com:8443", "example.com:8443"),
        ("xn--caf-dma.example.com", "xn--caf-dma.example.com"),
    ],
)
def test_an_address_is_one_name_however_it_is_typed(typed: str, kept: str) -> None:
    assert site_of(typed) == kept
    assert site_of(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "shop",
        "http://shop.example.com",
        "ftp://shop.example.com",
        "127.0.0.1",
        "10.0.0.1/wp",
        "[::1]",
        "me@shop.example.com",
        "me:secret@shop.example.com",
        "shop.example.com?x=1",
        "shop.example.com#x",
        "shop.example.com/../x",
        "shop.example.com/./x",
        "shop.example.com//x",
        "shop.example\n.com",
        "café.example.com",
        "-shop.example.com",
        "https://",
        "a" * 150 + ".example.com",
    ],
)
def test_what_is_no_address_of_a_shop_is_none(typed: str) -> None:
    assert site_of(typed) == ""
