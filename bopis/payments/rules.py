"""What is to be done with a shopper's money, from where the goods are. Pure: the same facts, the same answer.

held        authorised, and nothing more
captured    taken, all or part; what was not taken went back to the shopper at once
released    let go
expired     lapsed by itself
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

AHEAD = dt.timedelta(hours=24)
"""How long before an authorisation lapses a person is asked, or it is captured early."""
MOMENTS = ("loaded", "collected")
_REACHED = {"loaded": ("ready", "expired", "collected"), "collected": ("collected",)}
OVER = ("cancelled", "returned")


@dataclass(frozen=True)
class Policy:
    """What the merchant chose. `capture_early`: rather take the money than let an authorisation lapse."""

    capture_at: str = "collected"
    capture_early: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Policy:
        """As it stands in a connection's settings; what makes no sense there counts as not chosen."""
        moment = settings.get("capture_at", "")
        return cls(moment if moment in MOMENTS else cls.capture_at, settings.get("capture_early") == "yes")


@dataclass(frozen=True)
class Held:
    """One authorisation. `due` is what is to be kept of it, None where nobody knows; `busy`: the provider is asked."""

    state: str
    authorised: int
    captured: int = 0
    refunded: int = 0
    due: int | None = None
    capture_before: dt.datetime | None = None
    busy: bool = False
    refused: bool = False
    """The provider said no to the last thing it was asked."""
    one_of_several: bool = False


@dataclass(frozen=True)
class Goods:
    """Where an order stands: the state of each of its pickups, and what the shop says of it."""

    states: tuple[str, ...]
    called_off: bool = False
    paid_on_platform: bool = False

    def is_over(self) -> bool:
        """Whether nothing of it is, or will be, with the shopper."""
        if not self.states:
            return self.called_off
        return all(state in OVER for state in self.states)

    def live(self) -> list[str]:
        """The states of what is not called off."""
        return [state for state in self.states if state not in OVER]


@dataclass(frozen=True)
class Step:
    """What to do: wait, capture, release, refund, or ask a person. `why` is a stable word."""

    do: str
    why: str
    amount: int = 0


def next_step(held: Held, goods: Goods, policy: Policy, now: dt.datetime) -> Step:
    """The one thing to do now about one authorisation."""
    if held.busy:
        return Step("wait", "under_way")
    if held.state not in ("authorised", "captured"):
        return _of_gone(held, goods)  # what was refused before it went is not asked for again
    if held.refused:
        return Step("wait", "refused")
    if held.state == "authorised":
        return _of_authorised(held, goods, policy, now)
    return _of_captured(held, goods)


def _of_gone(held: Held, goods: Goods) -> Step:
    if goods.paid_on_platform or held.one_of_several:
        return Step("wait", held.state)
    if "collected" in goods.states:
        return Step("ask", "left_unpaid")
    if held.state == "expired" and goods.live():
        return Step("ask", "lapsed_unpaid")
    return Step("wait", held.state)


def _of_authorised(held: Held, goods: Goods, policy: Policy, now: dt.datetime) -> Step:
    if goods.is_over():
        return Step("release", "called_off")
    if goods.paid_on_platform:
        return Step("ask", "paid_on_platform")
    if held.due == 0:
        return Step("release", "nothing_due")
    live = goods.live()
    arrived = bool(live) and all(state in _REACHED[policy.capture_at] for state in live)
    lapses = held.capture_before is not None and held.capture_before - AHEAD <= now
    if arrived or (lapses and policy.capture_early):
        return _capture(held, goods, policy.capture_at if arrived else "lapses")
    if lapses:
        return Step("ask", "lapses")
    return Step("wait", f"until_{policy.capture_at}" if goods.states else "no_pickup")


def _capture(held: Held, goods: Goods, why: str) -> Step:
    if held.due is None and len(goods.live()) < len(goods.states):
        return Step("ask", "part_called_off")
    if held.due is None and held.one_of_several:
        return Step("ask", "several_payments")
    return Step("capture", why, held.authorised if held.due is None else min(held.due, held.authorised))


def _of_captured(held: Held, goods: Goods) -> Step:
    keep = held.captured if held.due is None else min(held.due, held.captured)
    back = 0 if goods.is_over() else keep
    excess = held.captured - held.refunded - back
    if excess > 0:
        return Step("refund", _why_back(goods) if back == 0 else "less_is_due", excess)
    if held.due is not None and held.due > held.captured and not held.one_of_several and not goods.is_over():
        return Step("ask", "more_is_due")
    return Step("wait", "given_back" if held.captured == held.refunded else "captured")


def _why_back(goods: Goods) -> str:
    return "returned" if "returned" in goods.states else "called_off"


def shares(total: int | None, amounts: Sequence[int]) -> list[int | None]:
    """How much of a total each of several payments bears, the first the most it can; None each where nobody knows."""
    if total is None:
        return [None] * len(amounts)
    found: list[int | None] = []
    left = total
    for number, amount in enumerate(amounts, start=1):
        # The last one bears what is left, be it more than it holds: then a person hears of it.
        share = left if number == len(amounts) else min(amount, left)
        found.append(share)
        left -= share
    return found
