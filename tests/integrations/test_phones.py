from __future__ import annotations

import pytest

from integrations.phones import e164, first_e164


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+1 415 555 0123", "", "+14155550123"),
        ("(415) 555-0123", "US", "+14155550123"),
        ("(415) 555-0123", "us", "+14155550123"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("415 555 0123 ext. 7", "US", "+14155550123"),
        ("(415) 555-0123", "", ""),
        ("555-0100", "US", ""),
        ("555-555-SHIP", "US", ""),
        ("call me", "US", ""),
        ("", "US", ""),
        ("+" + "9" * 400, "", ""),
    ],
)
def test_only_a_valid_number_becomes_one(text: str, region: str, number: str) -> None:
    assert e164(text, region) == number


def test_the_first_valid_number_is_taken() -> None:
    found = first_e164([(None, "US"), ("555-555-SHIP", "US"), ("(415) 555-0123", None), ("+14155550199", None)], "US")

    assert found == "+14155550123"
