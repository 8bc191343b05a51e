from __future__ import annotations

import datetime as dt

import pytest

from bopis.ports import BadSignature
from integrations.signatures import key_of, sign, verify

# The vector of the specification's own libraries.
SECRET, ID, AT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_b2YgdGhlIHRlc3RzIG9mIHRoZSB0ZXN0cyE="
NOW = dt.datetime.fromtimestamp(AT, dt.UTC)


def headers(**more: str) -> dict[str, str]:
    given = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
    return given | {name.replace("_", "-"): value for name, value in more.items()}


def test_it_signs_as_the_specification_does() -> None:
    assert sign([SECRET], ID, NOW, BODY) == headers()


def test_it_believes_what_the_specification_signs() -> None:
    assert verify(headers(), BODY, [SECRET], NOW).message_id == ID


def test_one_good_signature_among_several_is_enough_and_so_is_one_good_secret() -> None:
    several = f"v1,AAAA v1a,bbbb {SIGNATURE} v2,{SIGNATURE}"
    assert verify(headers(webhook_signature=several), BODY, [OTHER, "no secret", SECRET], NOW)
    both = sign([OTHER, SECRET], ID, NOW, BODY)
    assert verify(both, BODY, [SECRET], NOW)
    assert verify(both, BODY, [OTHER], NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,not base64 é"},
        {"webhook_signature": SIGNATURE.replace("v1,", "v1a,")},
        {"webhook_signature": SIGNATURE.removeprefix("v1,")},
        {"webhook_id": ""},
        {"webhook_id": "another"},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": str(AT + 1)},
        {"webhook_timestamp": "-1"},
        {"webhook_timestamp": "9" * 12},
    ],
)
def test_anything_else_is_not_believed(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verify(headers(**wrong), BODY, [SECRET], NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_is_more_than_five_minutes_off_is_not_believed(seconds: int) -> None:
    with pytest.raises(BadSignature, match="clock"):
        verify(headers(), BODY, [SECRET], NOW + dt.timedelta(seconds=seconds))


def test_an_altered_body_and_a_missing_secret_prove_nothing() -> None:
    for body, secrets in ((BODY + b" ", [SECRET]), (BODY, []), (BODY, ["whsec_"]), (BODY, ["whsec_AAAA"])):
        with pytest.raises(BadSignature):
            verify(headers(), body, secrets, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_****", "whsec_" + "A" * 28, "whsec_" + "A" * 100])
def test_a_secret_that_is_none_is_named(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        key_of(secret)
