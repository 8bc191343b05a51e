"""The lock boards this bridge can drive. A new one is a file here, a line in BOARDS and a file of golden frames."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.boards.contract import BoardStatus, LockBoard, ReplyParser
from firmware_bridge.boards.kerong_cu16 import KerongCU16

__all__ = ["BOARDS", "BoardStatus", "LockBoard", "ReplyParser"]

BOARDS: Mapping[str, LockBoard] = {driver.name: driver for driver in (KerongCU16(),)}
