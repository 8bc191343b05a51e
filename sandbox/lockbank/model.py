"""The pretend hardware: doors, coils and the ways they go wrong. No I/O and no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Compartment:
    """One box with its door, hook sensor and infrared item sensor."""

    number: int
    board: int
    channel: int
    row: int = 0
    column: int = 0
    height: int = 1
    size: str = "M"
    shut: bool = True
    goods: bool = False
    stuck: bool = False
    """Pulses do nothing to it."""
    jam: int = 0
    """So many pulses do nothing, the next opens it."""

    def spring(self) -> bool:
        """The coil pulls the bolt. True when the door will pop open."""
        if self.stuck or not self.shut:
            return False
        if self.jam:
            self.jam -= 1
            return False
        return True


@dataclass(frozen=True)
class Pulse:
    """One coil that fired: the proof of what the boards were told. `at` is epoch seconds, `mono` monotonic."""

    at: float
    mono: float
    board: int
    channel: int
    door: int | None


@dataclass(frozen=True)
class Move:
    """What became true of a door or of what is behind it, whoever did it: `shut` or `goods`. `at` is epoch seconds."""

    at: float
    door: int
    what: str
    now: bool


@dataclass
class Behaviour:
    """How one board behaves. The defaults are a healthy board."""

    silent: bool = False
    """Hears everything, fires its coils, says nothing."""
    late: float = 0.0
    """Extra seconds before every answer."""
    garbage: float = 0.0
    """Chance that rubbish precedes an answer."""
    corrupt: float = 0.0
    """Chance that an answer's check byte is wrong."""
    half: float = 0.0
    """Chance that an answer breaks off in the middle."""
    open_reply: str = "none"
    """What an unlock frame is answered with: `none`, `status` or `garbled`."""
    paced: bool = False
    """Answers take as long as 19200 baud would."""
    pop_seconds: float = 0.06
    """From the coil to the open door."""
    pulse_units: int = 50
    """The board's unlock time in units of 10 ms; kept, and told when asked."""


@dataclass
class Board:
    """One CU16 with sixteen hooks; hooks without a compartment read as shut."""

    address: int
    behaviour: Behaviour = field(default_factory=Behaviour)
    wired: dict[int, Compartment] = field(default_factory=dict)

    def status(self) -> bytes:
        """The four bytes L1 L2 I1 I2: hooks (1 = shut), then item sensors (1 = something there)."""
        hooks, items = 0xFFFF, 0
        for channel, box in self.wired.items():
            if not box.shut:
                hooks &= ~(1 << channel)
            if box.goods:
                items |= 1 << channel
        return hooks.to_bytes(2, "little") + items.to_bytes(2, "little")
