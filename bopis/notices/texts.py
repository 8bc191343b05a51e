"""The texts themselves, pure, and how many GSM 03.38 segments they take.

A text of the GSM alphabet has room for 160 septets; one character outside it would cut that to 70. So everything we
write stays inside, and what we cannot control (a store's name, an order's) is brought inside first.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

from bopis.stores.holding import AFTER_4_HOURS, AFTER_A_DAY, LAST_CHANCE
from bopis.stores.times import in_store, in_words

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
    to_pay: str = "",
) -> str:
    """The text that carries the code: who, which order, the code, until when, the link.

    `to_pay`: so much is to be paid first, and the code comes with a text of its own after that.

    `renewed`: an earlier text held another code, which is over. A long store name gives way first, so that an ordinary
    order takes one segment.
    """
    where = " at the counter" if at_counter else ""
    news = "has a new code" if renewed else f"is ready{where}"
    show = _show(code, at_counter, to_pay)
    return _signed(store, f"{_plain(order)} {news}. {show} until {in_store(until, time_zone)}. {link} STOP to opt out")


def at_counter_now(
    *,
    store: str,
    order: str,
    code: str | None,
    until: dt.datetime,
    time_zone: str,
    link: str,
    at_counter: bool,
    to_pay: str = "",
) -> str:
    """The text that says that an order left its locker for the counter, and that nothing else has changed."""
    news = f"{_plain(order)} is now at the counter, yours until {in_store(until, time_zone)}"
    return _signed(store, f"{news}. {_show(code, at_counter, to_pay)}. {link} STOP to opt out")


def fee_soon(*, store: str, order: str, fee: str, link: str, **_: object) -> str:
    """The text that says from when on storage costs something; `fee` is that in words."""
    return _signed(store, f"{_plain(order)} waits for you. {_plain(fee)} {link} STOP to opt out")


def hold_over(*, store: str, order: str, link: str, **_: object) -> str:
    """The text that says that an order was not collected in time; it carries no code, for that is over."""
    news = f"{_plain(order)} was not picked up in time and goes back. Still want it? Call us"
    return _signed(store, f"{news}. {link} STOP to opt out")


def in_locker_now(
    *,
    store: str,
    order: str,
    code: str | None,
    until: dt.datetime,
    time_zone: str,
    link: str,
    at_counter: bool,
    to_pay: str = "",
) -> str:
    """The text that says that an order left the counter for a locker, and that nothing else has changed."""
    news = f"{_plain(order)} is now in a locker, yours until {in_store(until, time_zone)}"
    return _signed(store, f"{news}. {_show(code, at_counter, to_pay)}. {link} STOP to opt out")


def reminder(
    *,
    template: str,
    store: str,
    order: str,
    code: str | None,
    until: dt.datetime,
    said_at: dt.datetime,
    time_zone: str,
    link: str,
    at_counter: bool,
    to_pay: str = "",
) -> str:
    """The text that says how long an order still waits; `said_at` is when it was meant to be sent, whenever that is.

    It carries the code again: the first text may be far up on the phone.
    """
    when, order = in_words(until, said_at, time_zone), _plain(order)
    news = {
        AFTER_4_HOURS: f"{order} waits for you until {when}",
        AFTER_A_DAY: f"{order} still waits for you, until {when}",
        LAST_CHANCE: f"last chance to pick up {order}, until {when}",
    }[template]
    return _signed(store, f"{news}. {_show(code, at_counter, to_pay)}. {link} STOP to opt out")


def _show(code: str | None, at_counter: bool, to_pay: str) -> str:
    if to_pay:
        return f"Pay {_plain(to_pay)} on its page"
    return f"{'Code' if at_counter else 'Locker code'} {code}" if code else "Show the QR"


def _signed(store: str, rest: str) -> str:
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
