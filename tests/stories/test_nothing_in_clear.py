"""What only the shopper may hold stands in clear nowhere, after the whole way and in the middle of it."""

from __future__ import annotations

import base64
import re

import pytest
import sqlalchemy as sa

from bopis import sealing
from tests import canaries
from tests.stories.conftest import Copy

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stories")]
PHONE, EMAIL = "+12015550142", "canary.shopper@example.com"


def test_codes_qrs_links_and_numbers_stand_nowhere_in_clear(copy: Copy) -> None:
    journey = copy.journey()
    with canaries.overheard(copy.stack.socket) as said:
        order = journey.order(phone=PHONE, email=EMAIL)
        pickup = journey.listed(order)
        journey.put_in_and_shut(journey.open_to_load(pickup))
        text = journey.text(order)
        code = journey.code_in(text)
        link = re.search(r"/p/([\w-]+)", text["body"])
        assert link is not None
        secrets = [code, PHONE, PHONE[2:], EMAIL, link[1], *_qr(copy, pickup)]
        before = canaries.found(secrets, _everywhere(copy))
        journey.type_code(code[:8] + str((int(code[8]) + 1) % 10))
        assert journey.type_code(code) == "open"
        journey.take_out_and_shut(journey.opened())
        journey.platform_says(order, "picked_up")
    assert len(said) > 10, "nothing was overheard"
    assert canaries.found(secrets, [("Redis", b"\n".join(said))]) == []
    assert before + canaries.found(secrets, _everywhere(copy)) == []


def test_who_looks_for_canaries_finds_one(copy: Copy) -> None:
    assert canaries.found(["047193508"], [("a log", b"typed 047 193 508"), ("another", b"typed it")]) == ["a log"]
    with canaries.overheard(copy.stack.socket) as said:
        import redis

        with redis.Redis.from_url(f"unix://{copy.stack.socket}") as connection:
            connection.publish("nobody", "047-193-508")
    assert canaries.found(["047193508"], [("Redis", b"\n".join(said))]) == ["Redis"]


def _qr(copy: Copy, pickup_id: str) -> list[str]:
    """The QR's text and its token in hex, opened with the copy's own key."""
    key = base64.b64decode((copy.stack.data_dir / "secret_keys").read_text())
    engine = sa.create_engine(copy.database_url)
    with engine.connect() as connection:
        grant, sealed = connection.execute(
            sa.text("SELECT id, qr_sealed FROM grants WHERE pickup_id = :pickup"), {"pickup": pickup_id}
        ).one()
    engine.dispose()
    sealing.use_keys((key,))
    token = base64.b64decode(sealing.unseal(bytes(sealed), to=f"grants.qr:{grant}"))
    return [base64.b32encode(token).decode().rstrip("="), token.hex(), base64.b64encode(token).decode()]


def _everywhere(copy: Copy):  # type: ignore[no-untyped-def]
    yield from canaries.database(copy.database_url)
    bridge = copy.stack.data_dir / "bridge"
    yield from canaries.files(
        copy.stack.data_dir / "run.log",
        copy.stack.data_dir / "valkey.log",
        bridge / "journal.db",
        bridge / "journal.db-wal",
    )
