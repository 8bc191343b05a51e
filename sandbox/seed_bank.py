"""The demo merchant's bank of 24 compartments, for the database and for the pretend boards."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy.orm import Session

from bopis import clock
from bopis.ids import new_id
from bopis.lockers.models import Bank, Compartment
from bopis.lockers.queries import seal_bank_key
from bopis.stores.models import Store

INNER_MM = {"S": [120, 400, 500], "M": [250, 400, 500], "L": [400, 400, 500], "XL": [640, 400, 500]}
ROWS = {"S": 1, "M": 2, "L": 3, "XL": 5}
COLUMNS = ("SSSSSMMM", "SSSSSMMM", "SMMLL", "LLXL")
"""Sizes from top to bottom, a column a word; `XL` is one door."""


def doors() -> list[dict[str, Any]]:
    """The bank's 24 doors: number, size, place in the picture, wiring. Board 0 drives 1 to 16, board 1 the rest."""
    found = []
    for column, word in enumerate(COLUMNS):
        row = 0
        for size in _sizes(word):
            number = len(found) + 1
            found.append(
                {
                    "number": number,
                    "size": size,
                    "row": row,
                    "column": column,
                    "height": ROWS[size],
                    "board": (number - 1) // 16,
                    "channel": (number - 1) % 16,
                }
            )
            row += ROWS[size]
    return found


def _sizes(word: str) -> list[str]:
    sizes = []
    while word:
        size = "XL" if word.startswith("XL") else word[0]
        sizes.append(size)
        word = word[len(size) :]
    return sizes


def add_bank(session: Session, store: Store) -> None:
    """Put the bank into a store."""
    bank = Bank(
        id=new_id(),
        merchant_id=store.merchant_id,
        store_id=store.id,
        name="Entrance lockers",
        board="kerong-cu16",
        has_item_sensors=True,
        sync_version=1,
        created_at=clock.now(),
    )
    bank.key_sealed = seal_bank_key(bank.id, secrets.token_bytes(32))
    session.add(bank)
    session.flush()
    for door in doors():
        session.add(
            Compartment(
                id=new_id(),
                merchant_id=store.merchant_id,
                bank_id=bank.id,
                number=door["number"],
                size=door["size"],
                inner_mm=INNER_MM[door["size"]],
                accessible=3 <= door["row"] <= 8,
                board_address=door["board"],
                channel=door["channel"],
                row=door["row"],
                column=door["column"],
                height=door["height"],
                in_service=True,
                out_of_service_reason="",
                door="unknown",
                item="unsupported",
            )
        )
    session.flush()
