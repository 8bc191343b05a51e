"""Modbus as others speak it: their masters against our emulated boards, our drivers against their device."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import minimalmodbus
import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.client.base import ModbusBaseSyncClient
from pymodbus.framer import FramerType
from pymodbus.pdu.bit_message import WriteSingleCoilRequest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from devtools.probes import free_ports
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.line import LOAD, Line
from tests.firmware_bridge.world import LAYOUT, until

FLASH_ON = 0x0200
RELAYS = 0x0800


class FlashOn(WriteSingleCoilRequest):
    """A coil written with a number of tenths of a second, which no ordinary master can send."""

    tenths = 5

    def encode(self) -> bytes:
        return struct.pack(">HH", self.address, self.tenths)


@pytest.fixture(params=["modbus-rtu-relay", "modbus-tcp-relay"])
def bank(request: pytest.FixtureRequest) -> Iterator[LockBank]:
    with LockBank(boards=2, channels=8, protocol=PROTOCOLS[request.param](), tcp="tcp" in request.param) as bank:
        yield bank


@pytest.fixture
def master(bank: LockBank) -> Iterator[ModbusBaseSyncClient]:
    """pymodbus, on whichever line the bank has."""
    if bank.path.startswith("tcp://"):
        host, port = bank.path.removeprefix("tcp://").split(":")
        client: ModbusBaseSyncClient = ModbusTcpClient(host, port=int(port), timeout=2)
    else:
        client = ModbusSerialClient(bank.path, baudrate=9600, timeout=2)
    assert client.connect()
    yield client
    client.close()


def test_pymodbus_reads_our_doors_and_flashes_our_relays(bank: LockBank, master: ModbusBaseSyncClient) -> None:
    assert master.read_discrete_inputs(0, count=8, device_id=1).bits == [True] * 8
    assert not master.execute(False, FlashOn(address=FLASH_ON + 2, dev_id=2)).isError()
    assert bank.wait(lambda bank: not bank.compartments[11].shut)
    assert [(pulse.board, pulse.channel, pulse.seconds) for pulse in bank.pulses] == [(2, 2, 0.5)]
    assert master.read_discrete_inputs(0, count=8, device_id=2).bits == [True, True, False, *[True] * 5]


def test_what_an_ordinary_master_sends_for_on_is_no_pulse_of_109_minutes(
    bank: LockBank, master: ModbusBaseSyncClient
) -> None:
    refused = master.write_coil(FLASH_ON, True, device_id=1)
    assert (refused.isError(), refused.exception_code) == (True, 3)
    assert master.read_discrete_inputs(0, count=9, device_id=1).exception_code == 2
    assert master.read_holding_registers(0, count=1, device_id=1).exception_code == 1
    assert bank.pulses == []


def test_minimalmodbus_reads_our_doors_and_switches_our_relays() -> None:
    with LockBank(boards=1, channels=8, protocol=PROTOCOLS["modbus-rtu-relay"]()) as bank:
        master = minimalmodbus.Instrument(bank.path, 1)
        master.serial.baudrate, master.serial.timeout = 9600, 2
        try:
            bank.open_door(3)
            assert master.read_bits(0, 8, functioncode=2) == [1, 1, 0, 1, 1, 1, 1, 1]
            with pytest.raises(minimalmodbus.IllegalRequestError):
                master.write_bit(FLASH_ON + 1, 1)
            assert bank.pulses == []
            master.write_bit(1, 1)
            assert master.read_bits(0, 8, functioncode=1) == [0, 1, 0, 0, 0, 0, 0, 0]
            # Switched on for good, which is why no driver of ours ever says it.
            assert [pulse.seconds for pulse in bank.pulses] == [None]
        finally:
            master.serial.close()


class Device:
    """pymodbus as the board: eight inputs, and coils that remember what was written."""

    def __init__(self, framer: FramerType) -> None:
        self.port = free_ports(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._do(self._start(framer))

    def set_input(self, channel: int, on: bool) -> None:
        self._do(self._server.context.async_setValues(1, 2, channel, [on]))

    def coils(self, first: int, count: int) -> list[bool]:
        return self._do(self._server.context.async_getValues(1, 1, first, count))

    async def _start(self, framer: FramerType) -> ModbusTcpServer:
        coils = SimData(0, count=RELAYS, values=False, datatype=DataType.BITS)
        inputs = SimData(0, count=8, values=True, datatype=DataType.BITS)
        none = SimData(0, datatype=DataType.REGISTERS)
        device = SimDevice(1, simdata=([coils], [inputs], [none], [none]))
        server = ModbusTcpServer(device, framer=framer, address=("127.0.0.1", self.port))
        await server.serve_forever(background=True)
        return server

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def stop(self) -> None:
        self._do(self._server.shutdown())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@pytest.mark.parametrize(
    ("board", "framer"), [("modbus-tcp-relay", FramerType.SOCKET), ("modbus-rtu-relay", FramerType.RTU)]
)
def test_our_driver_reads_and_pulses_a_device_that_is_pymodbus(tmp_path: Path, board: str, framer: FramerType) -> None:
    device = Device(framer)
    doors = [{**LAYOUT["doors"][n], "board": 1, "channel": n} for n in range(8)]
    line = Line(tmp_path, f"tcp://127.0.0.1:{device.port}", {**LAYOUT, "board": board, "doors": doors})
    try:
        line.known()
        device.set_input(3, False)
        until(lambda: line.states(4) == {"open"})
        assert line.states(*{*range(1, 9)} - {4}) == {"shut"}
        line.bank.open(6, LOAD, lambda db: None)
        # It keeps a number as a coil that is on, and answers with that; the relay it is written to is the right one.
        until(lambda: device.coils(FLASH_ON, 8) == [False] * 5 + [True] + [False] * 2)
        assert not any(device.coils(0, FLASH_ON))
        assert line.bus.health()[1]["answered"] > 0
    finally:
        line.stop()
        device.stop()
