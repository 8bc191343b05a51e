"""The texts themselves, pure, and how many GSM 03.38 segments they take.

A text of the GSM alphabet has room for 160 septets; one character outside it would cut that to 70. So everything we
write stays inside, and what we cannot control (a store's name, an order's) is brought inside first.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

from bopis.stores.times import in_store

_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = "^{}\\[~]|€"
_LOOKALIKES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
ONE_SEGMENT = 160
_SHORTEST_NAME = 8


def ready(
    *,
    store: str,
    order: str,
    code: str | None,
    until: dt.datetime,
    time_zone: str,
    link: str,
    at_counter: bool,
    renewed: bool = False,
) -> str:
    """The text that carries the code: who, which order, the code, until when, the link.

    `renewed`: an earlier text held another code, which is over. A long store name gives way first, so that an ordinary
    order takes one segment.
    """
    where = " at the counter" if at_counter else ""
    show = f"{'Code' if at_counter else 'Locker code'} {code}" if code else "Show the QR"
    news = "has a new code" if renewed else f"is ready{where}"
    rest = f"{_plain(order)} {news}. {show} until {in_store(until, time_zone)}. {link} STOP to opt out"
    room = ONE_SEGMENT - (septets(rest) or 0) - len(": ")
    return f"{_shortened(_plain(store), max(room, _SHORTEST_NAME))}: {rest}"


def septets(text: str) -> int | None:
    """The room a text takes in the GSM alphabet; None when a character is outside it."""
    if any(letter not in _GSM and letter not in _TWICE for letter in text):
        return None
    return sum(2 if letter in _TWICE else 1 for letter in text)


def _plain(name: str) -> str:
    return " ".join("".join(_inside(letter) for letter in name.translate(_LOOKALIKES)).split())


def _shortened(name: str, room: int) -> str:
    return name if (septets(name) or 0) <= room else name[: room - 1].rstrip() + "."


def _inside(letter: str) -> str:
    if letter in _GSM:
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return "".join(part for part in bare if part in _GSM) or " "
