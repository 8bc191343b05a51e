"""What it costs when goods lie longer than is free. Pure: times come in, amounts and times come out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any, Protocol

from bopis.errors import Invalid

PER = ("day", "once")
ENOUGH = dt.timedelta(hours=2)
"""Who has paid finds the door open for so long at least, although a new day begins meanwhile."""
_DAY = dt.timedelta(hours=24)
_MOST_DAYS = 400
_LONGEST_FREE = 24 * 60


class Reachable(Protocol):
    """How a store counts: the instant that lies so many hours after another, opening hours where only they count."""

    def __call__(self, start: dt.datetime, hours: int) -> dt.datetime: ...


@dataclass(frozen=True)
class Terms:
    """A merchant's terms. `amount` is in minor units of `currency`, for each day begun or once; `cap` 0 is no cap."""

    amount: int
    currency: str
    per: str
    free_hours: int
    cap: int
    account: str
    """The connection that takes the money."""

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Terms | None:
        """The terms as a merchant keeps them; None where nothing costs anything."""
        return cls(**kept) if kept else None

    @classmethod
    def checked(cls, **given: Any) -> Terms:
        """The same of what somebody typed. Raises Invalid."""
        terms = cls(**given)
        if terms.amount < 1 or terms.per not in PER or len(terms.currency) != 3:
            raise Invalid("bad_fee", "Give an amount above zero, its currency, and whether it is for each day or once.")
        if not 1 <= terms.free_hours <= _LONGEST_FREE:
            raise Invalid("bad_fee", f"Give the free time in whole hours from 1 to {_LONGEST_FREE}.")
        if terms.cap and terms.cap < terms.amount:
            raise Invalid("bad_fee", "The most it can come to is at least what one day costs.")
        return terms

    def kept(self) -> dict[str, Any]:
        """As a merchant keeps them."""
        return asdict(self)


def begins(terms: Terms, ready_at: dt.datetime, reachable: Reachable) -> dt.datetime:
    """Until when it is free."""
    return reachable(ready_at, terms.free_hours)


def owed(terms: Terms, ready_at: dt.datetime, until: dt.datetime, now: dt.datetime, reachable: Reachable) -> int:
    """What it has come to. Nothing is added after `until`, the end of the hold, nor by a clock that was put back."""
    begun = sum(1 for _ in takewhile(lambda at: at <= min(now, until), _days(terms, ready_at, reachable)))
    return _capped(terms, begun * terms.amount)


def next_rise(
    terms: Terms, ready_at: dt.datetime, until: dt.datetime, now: dt.datetime, reachable: Reachable
) -> dt.datetime | None:
    """When it costs more than now; None when it never will."""
    for number, at in enumerate(_days(terms, ready_at, reachable)):
        if at > until:
            return None
        if at > now:
            more = _capped(terms, (number + 1) * terms.amount) > _capped(terms, number * terms.amount)
            return at if more else None
    return None


def _days(terms: Terms, ready_at: dt.datetime, reachable: Reachable) -> Iterator[dt.datetime]:
    """When each day that costs begins: 24 hours after the one before, or when the goods can be reached next."""
    at = begins(terms, ready_at, reachable)
    for _ in range(_MOST_DAYS if terms.per == "day" else 1):
        yield at
        at = reachable(at + _DAY, 0)


def _capped(terms: Terms, amount: int) -> int:
    return min(amount, terms.cap) if terms.cap else amount
