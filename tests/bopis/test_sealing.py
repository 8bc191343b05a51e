from __future__ import annotations

from collections.abc import Iterator

import pytest

from bopis import sealing
from tests.world import SECRET_KEY

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def keys_put_back() -> Iterator[None]:
    yield
    sealing.use_keys((SECRET_KEY,))


def test_what_was_sealed_to_a_place_opens_there_and_nowhere_else() -> None:
    sealing.use_keys((NEW,))
    sealed = sealing.seal("+12015550123", to="orders.phone:1")
    assert sealing.unseal(sealed, to="orders.phone:1") == "+12015550123"
    with pytest.raises(sealing.NotSealedHere):
        sealing.unseal(sealed, to="orders.phone:2")


def test_one_altered_bit_is_noticed() -> None:
    sealing.use_keys((NEW,))
    sealed = bytearray(sealing.seal("secret", to="here"))
    sealed[-1] ^= 1
    with pytest.raises(sealing.NotSealedHere):
        sealing.unseal(bytes(sealed), to="here")


def test_an_old_key_goes_on_opening_until_it_is_dropped() -> None:
    sealing.use_keys((OLD,))
    sealed = sealing.seal("secret", to="here")
    sealing.use_keys((NEW, OLD))
    assert sealing.unseal(sealed, to="here") == "secret"
    sealing.use_keys((NEW,))
    with pytest.raises(sealing.NotSealedHere):
        sealing.unseal(sealed, to="here")


def test_the_same_text_never_looks_the_same_twice() -> None:
    sealing.use_keys((NEW,))
    assert sealing.seal("secret", to="here") != sealing.seal("secret", to="here")


def test_what_is_blind_is_found_again_and_tells_nothing_without_the_key() -> None:
    sealing.use_keys((OLD,))
    (kept,) = sealing.blind("orders.phone", "+12015550123")
    sealing.use_keys((NEW, OLD))
    assert kept in sealing.blind("orders.phone", "+12015550123")
    assert kept not in sealing.blind("orders.phone", "+12015550124") + sealing.blind("other", "+12015550123")
    assert sealing.blind("orders.phone", "+12015550123")[0] != kept
