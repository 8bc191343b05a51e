"""Before it sends anything a vendor may ask whether this is the right address: it gets its own word, nothing else."""

from __future__ import annotations

from bopis.inbox import InboxEntry
from tests.webhooks.door import Door

WORD = "8ec8d794-e0ab-42df-9017-e3dada8e84f7"


def test_its_own_word_comes_back_and_nothing_is_kept(door: Door) -> None:
    answer = door.client.get(f"/webhooks/magento/{door.world.shop.connection_id}?challenge={WORD}")

    assert (answer.status_code, answer.get_json(), answer.mimetype) == (200, {"challenge": WORD}, "application/json")
    assert door.count(InboxEntry) == 0


def test_whatever_is_no_such_question_is_answered_like_an_address_that_is_not_there(door: Door) -> None:
    for asked in (
        "magento/C",
        "magento/C?challenge=",
        "magento/C?challenge=%3Cb%3E",
        f"magento/C?challenge={'x' * 201}",
        f"nobody/C?challenge={WORD}",
        f"magento/C/more?challenge={WORD}",
    ):
        assert door.client.get(f"/webhooks/{asked}").status_code == 404, asked
