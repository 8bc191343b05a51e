"""The sandbox's card processor as a simulated store meets it: what it tells is delivered late, twice, in any order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bopis.ports import Account
from tests.sandbox.running import CARDS_KEY, CARDS_WEBHOOK_SECRET, Running
from tests.world import World, _connection

Moved = list[tuple[str, int]]
WORDS = {"capture": "money_captured", "cancel": "money_released", "refund": "money_refunded", "lapse": "money_lapsed"}
"""What the processor's ledger calls a move, and what a timeline does."""


@dataclass
class Cards:
    """A merchant's account at the processor, and how its news come to the service."""

    running: Running
    web: FlaskClient
    account: Account
    delivered: int = 0

    def deliver(self, dice: random.Random | None = None) -> None:
        """Post what the processor told since the last time; shuffled and in part twice, where there are dice."""
        assert self.running.sandbox.cards is not None
        events = self.running.sandbox.cards.events
        fresh = events.sent[self.delivered :]
        self.delivered += len(fresh)
        if dice is not None:
            fresh = fresh + [each for each in fresh if dice.random() < 0.3]
            dice.shuffle(fresh)
        for sent in fresh:
            answer = self.event(sent.body, {"Stripe-Signature": events.signature(sent.body)})
            assert answer in (200, 202)

    def event(self, body: bytes, headers: dict[str, str], connection_id: str = "") -> int:
        """Post one event; the status."""
        path = f"/payments/stripe/{connection_id or self.account.connection_id}"
        return self.web.post(path, data=body, headers=headers).status_code


def open_account(session: Session, world: World, settings: dict[str, str]) -> Account:
    """Fernhill has an account at the processor."""
    secrets = {"secret_key": CARDS_KEY, "webhook_secret": CARDS_WEBHOOK_SECRET}
    return _connection(session, world, "stripe", "acct_fernhill", settings, secrets)


def disagreements(ledger: Iterable[Mapping[str, object]], told: Mapping[str, Moved]) -> list[str]:
    """Where the processor's ledger and the timelines, by order, tell different stories of how money moved."""
    moved: dict[str, Moved] = defaultdict(list)
    for move in ledger:
        moved[str(move["order"])].append((WORDS[str(move["what"])], int(str(move["amount"]))))
    return [
        f"order {order}: moved {moved.get(order, [])}, told {told.get(order, [])}"
        for order in sorted({*moved, *told})
        if sorted(moved.get(order, [])) != sorted(told.get(order, []))
    ]
