"""The golden frames of every board, as the makers' manuals or recorded lines give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.boards import BOARDS, Ask, LockBoard

FILES = [json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))]
VECTORS: dict[str, dict[str, Any]] = {vectors["board"]: vectors for vectors in FILES}


class Row:
    """One golden frame with the board it is of."""

    def __init__(self, name: str, row: dict[str, Any]) -> None:
        self.name, self.row = name, row
        self.driver: LockBoard = BOARDS[name](row.get("options"))
        self.turn: int = row.get("turn", 0)
        self.ask = Ask(row.get("board") or 0, tuple(row.get("channels", range(self.driver.channels))))

    @property
    def frame(self) -> bytes | None:
        """None where the board is to be sent nothing."""
        if "text" in self.row:
            return self.row["text"].encode()
        return None if self.row["frame"] is None else bytes.fromhex(self.row["frame"])

    def __str__(self) -> str:
        return f"{self.name}: {self.row.get('what') or self.row.get('text') or self.row['frame']}"


def rows(kind: str) -> list[Any]:
    """Every row of a kind, as test parameters."""
    found = [Row(name, row) for name, vectors in VECTORS.items() for row in vectors.get(kind, ())]
    return [pytest.param(row, id=str(row).strip()) for row in found]


def first(name: str, kind: str) -> Row:
    return Row(name, VECTORS[name][kind][0])
