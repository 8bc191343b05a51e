"""Frames as a bad line makes them: random, damaged, cut short, repeated, and somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from firmware_bridge.boards import BOARDS
from tests.firmware_bridge.board_vectors import VECTORS, Row

KINDS = ("ask", "open", "answers", "not_answers", "open_answers", "pushes")


def golden(board: str) -> list[bytes]:
    """Every frame the vectors know of a board, opens included: they come back as echoes."""
    found = (Row(board, row).frame for kind in KINDS for row in VECTORS[board].get(kind, ()))
    return [frame for frame in found if frame]


def garbage(board: str, seed: int) -> Iterator[bytes]:
    """Without end. Three in ten frames are sound, but answer nothing that was asked."""
    random = Random(seed)
    own, others = golden(board), [frame for name in BOARDS for frame in golden(name)]
    while True:
        kind = random.randrange(10)
        frame = random.choice(own)
        if kind < 2:
            yield random.randbytes(random.randrange(1, 24))
        elif kind < 5:
            yield damaged(frame, random)
        elif kind < 7:
            yield frame[: random.randrange(len(frame))]
        elif kind < 9:
            yield frame * random.randrange(1, 3)
        else:
            yield random.choice(others)


def damaged(frame: bytes, random: Random) -> bytes:
    """One to three bits or bytes are not what they were."""
    spoiled = bytearray(frame)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(spoiled))
        spoiled[at] = random.choice((spoiled[at] ^ 1 << random.randrange(8), random.randrange(256)))
    return bytes(spoiled)
