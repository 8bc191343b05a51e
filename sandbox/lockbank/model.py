"""The pretend hardware: doors, coils and the ways they go wrong. No I/O and no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass
class Compartment:
    """One box with its door, door sensor and infrared item sensor."""

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
    bounce: int = 0
    """So many times the sensor of a door that pops says shut again."""
    lying: bool = False
    """The sensor says the opposite, for a moment."""

    def spring(self) -> bool:
        """The coil pulls the bolt. True when the door will pop open."""
        if self.stuck or not self.shut:
            return False
        if self.jam:
            self.jam -= 1
            return False
        return True

    @property
    def reads_shut(self) -> bool:
        """What the sensor says."""
        return self.shut != self.lying


@dataclass(frozen=True)
class Pulse:
    """One coil that fired: the proof of what the boards were told. `at` is epoch seconds, `mono` monotonic."""

    at: float
    mono: float
    board: int
    channel: int
    door: int | None
    seconds: float | None = 0.5
    """How long the board keeps the coil on; None is until somebody switches it off."""


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
    lie: float = 0.0
    """Chance that an answer, sound in every check byte, has one door wrong: noise that the check lets through."""
    open_reply: str = "none"
    """What an unlock frame is answered with where protocols leave it open: `none`, `status` or `garbled`."""
    reject: str = ""
    """What the board says to an unlock instead of firing, where its protocol can: `cooldown` or `busy`."""
    pushes: bool = False
    """Says by itself that a door moved, where its protocol can."""
    brownout: bool = False
    """The next coil pulls the supply down: its door stays shut, and the board is dead until it behaves again."""
    paced: bool = False
    """Answers take as long as the line's speed makes them."""
    pop_seconds: float = 0.06
    """From the coil to the open door."""
    pulse_units: int = 50
    """The board's unlock time in units of 10 ms; kept, and told when asked."""


@dataclass
class Board:
    """One board with its sensors and coils; sensors without a compartment read as shut."""

    address: int
    behaviour: Behaviour = field(default_factory=Behaviour)
    wired: dict[int, Compartment] = field(default_factory=dict)
    """Sensors by channel."""
    coils: dict[int, Compartment] = field(default_factory=dict)
    """What each coil really opens."""
    dead: bool = False
    answers_to: int = -1
    """The address it was set to; its own unless somebody made a mistake."""

    def __post_init__(self) -> None:
        self.answers_to = self.address

    def shut(self, channels: int, random: Random) -> list[bool]:
        """What the door sensors say, by channel; one of them wrong now and then for a board that lies."""
        told = [True] * channels
        for channel, box in self.wired.items():
            told[channel] = box.reads_shut
        if self.behaviour.lie and random.random() < self.behaviour.lie:
            wrong = random.randrange(channels)
            told[wrong] = not told[wrong]
        return told

    def full(self, channels: int) -> list[bool]:
        """What the item sensors say, by channel."""
        return [channel in self.wired and self.wired[channel].goods for channel in range(channels)]
