"""The lock boards this bridge can drive. A new one is a file here, a line in BOARDS and a file of golden frames."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.boards.contract import Ask, BoardStatus, LockBoard, OpenAnswer
from firmware_bridge.boards.hj_8a80 import HJ8A80
from firmware_bridge.boards.json_lines import JsonLines
from firmware_bridge.boards.kerong_cu12 import KerongCU12
from firmware_bridge.boards.kerong_cu16 import KerongCU16
from firmware_bridge.boards.kerong_cu48b import KerongCU48B
from firmware_bridge.boards.modbus import ModbusRtuLock, ModbusRtuRelay, ModbusTcpRelay
from firmware_bridge.boards.options import SENSOR, BadOptions
from firmware_bridge.boards.scanner import Scanner
from firmware_bridge.boards.winnsen import Winnsen

__all__ = ["BOARDS", "SENSOR", "Ask", "BadOptions", "BoardStatus", "LockBoard", "OpenAnswer", "Scanner"]

BOARDS: Mapping[str, type[LockBoard]] = {
    driver.name: driver
    for driver in (
        KerongCU16,
        KerongCU48B,
        KerongCU12,
        HJ8A80,
        Winnsen,
        ModbusRtuRelay,
        ModbusTcpRelay,
        ModbusRtuLock,
        JsonLines,
    )
}
"""By the name a bank's setting gives; called with the bank's options."""
