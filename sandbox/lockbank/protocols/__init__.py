"""The protocols that emulated boards speak, by the name the bridge's registry gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.lockbank.protocols.base import Protocol
from sandbox.lockbank.protocols.hj_8a80 import Hj8a80
from sandbox.lockbank.protocols.json_lines import JsonBoard
from sandbox.lockbank.protocols.kerong import Kerong12, Kerong16, Kerong48
from sandbox.lockbank.protocols.modbus import LockRtu, RelayRtu, RelayTcp
from sandbox.lockbank.protocols.winnsen import WinnsenStation

__all__ = ["PROTOCOLS", "Kerong16", "Protocol"]

PROTOCOLS: Mapping[str, Callable[..., Protocol]] = {
    protocol.name: protocol
    for protocol in (
        Kerong16,
        Kerong48,
        Kerong12,
        Hj8a80,
        WinnsenStation,
        RelayRtu,
        RelayTcp,
        LockRtu,
        JsonBoard,
    )
}
