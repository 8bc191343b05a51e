"""What must hold in a simulated year, asked of those who cannot be told: hands, doors, phones, the card processor.

At every moment   goods lie only behind doors that are kept for them
With every text   a reminder finds its order waiting, and its shopper awake
Every day         nobody is told twice, no money moved twice, no two orders behind one door
Every month       the timelines are unbroken and legal, no machine gave up
At the end        goods, states, money and its three accounts agree; what is open is somebody's task
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bopis.errors import OutcomeUnknown
from bopis.ports import Account, Receipt
from tests.simulation.cards import Moved, disagreements
from tests.simulation.year_people import OF_LISTED

if TYPE_CHECKING:
    from tests.simulation.year import Year

LOST = 5
"""One in so many calls to a provider."""
ZONE = ZoneInfo("America/New_York")
SAYS = {
    "4h": " waits for you until ",
    "24h": " still waits for you, until ",
    "last": "last chance to pick up ",
    "over": " was not picked up in time",
}
"""What the texts are known by that no shopper wants twice, or in the night."""
NAME = re.compile(r"#\d+")
MONTH, A_DAY = 30, 24 * 3600
STOOD = """
SELECT a.id, a.reference, a.state, a.captured, a.refunded, a.authorised, o.platform_order_id AS number, p.id AS pickup,
    p.state AS goods, p.closed_at,
    EXISTS (SELECT 1 FROM tasks t WHERE t.subject_id = a.id AND t.settled_at IS NULL) AS asked
FROM authorisations a JOIN orders o ON o.id = a.order_id LEFT JOIN pickups p ON p.order_id = o.id
"""


class Truth:
    """Watches one life, and fails it."""

    def __init__(self, year: Year) -> None:
        self.year, self.store, self.machine = year, year.store, year.machine
        assert year.running.sandbox.cards is not None
        self.processor = year.running.sandbox.cards
        self.told: Counter[tuple[str, str]] = Counter()
        self.mistold: list[str] = []
        self._make_providers_unsure()

    def of_a_moment(self) -> None:
        self.machine.goods_lie_where_their_pickup_has_a_place()

    def of_a_day(self, day: int) -> None:
        texts = Counter(self.store.phone.texts)
        assert not self.mistold, self.mistold
        assert not (twice := [text for text, times in texts.items() if times > 1]), twice
        doors = self.store.bank.doors.values()
        assert not (crowded := [door.number for door in doors if len(door.goods) > 1]), crowded
        assert not (wrong := list(self._moved_twice())), wrong
        if day % MONTH == MONTH - 1:
            self.everything_holds()

    def everything_holds(self) -> None:
        """As in any life, but for the order of times: over clocks that are put back they say nothing."""
        found = [each for each in self.store.wrong() if "at once" not in each]
        assert not found, found

    def open(self) -> list[dict[str, Any]]:
        """The orders that have not come to an end."""
        return self.store.rows(OF_LISTED + "WHERE p.closed_at IS NULL ORDER BY p.id")

    def at_the_end(self) -> None:
        self.everything_holds()
        left = self.store.rows(
            OF_LISTED + "WHERE p.closed_at IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM tasks t WHERE t.subject_id = p.id AND t.settled_at IS NULL)"
        )
        assert not left, left
        for row in self.store.rows(OF_LISTED + "ORDER BY p.id"):
            self.year.happened[row["state"]] += 1
            has_it = row["id"] in self.machine.with_shopper
            assert has_it == (row["state"] == "collected"), f"{row}: the shopper has it: {has_it}"
        assert not (wrong := [*self._told_too_often(), *self._moved_twice(), *self._accounts()]), wrong

    # Texts.

    def _note_text(self, body: str) -> None:
        """A reminder finds its order waiting for somebody, "it is over" not; both find people awake."""
        kind = next((kind for kind, words in SAYS.items() if words in body), None)
        found = NAME.search(body)
        assert found is not None, body
        name = found[0]
        if kind is None:
            return
        self.told[name, kind] += 1
        (row,) = self.store.rows(OF_LISTED + f"WHERE o.name = '{name}'")
        local = self.store.clock.now().astimezone(ZONE)
        if row["state"] not in (("expired", "returned") if kind == "over" else ("ready",)) or not 8 <= local.hour < 22:
            # Not raised here: whoever sends it would take that for an answer of the provider's.
            self.mistold.append(f"{name} was told {kind} at {local:%H:%M}, and was {row['state']}")

    def _told_too_often(self) -> Iterator[str]:
        ends = Counter(
            (row["name"], "over" if row["what"] == "expired" else "last")
            for row in self.store.rows(
                "SELECT o.name, t.what"
                " FROM timeline t JOIN pickups p ON p.id = t.pickup_id JOIN orders o ON o.id = p.order_id"
                " WHERE t.what IN ('ready', 'extended', 'expired')"
            )
        )
        for (name, kind), times in self.told.items():
            if times > (ends[name, kind] if kind in ("last", "over") else 1):
                yield f"{name} was sent {times} texts {kind}, of {ends[name, kind]} ends"
            self.year.happened[f"told_{kind}"] += times

    # Money.

    def _moved_twice(self) -> Iterator[str]:
        moves: dict[str, list[str]] = defaultdict(list)
        for move in self.processor.ledger():
            moves[move["payment"]].append(move["what"])
        for payment, what in moves.items():
            if len([each for each in what if each != "refund"]) > 1 or what.count("refund") > 1:
                yield f"{payment}: {what}"

    def _accounts(self) -> Iterator[str]:
        """The processor's ledger, ours, and the timelines; and whether the money is where the goods are not."""
        yield from disagreements(self.processor.ledger(), self._told())
        ours = {row["reference"]: row for row in self.store.rows(STOOD)}
        for payment in self.processor.payments.values():
            row = ours.get(payment.id)
            if row is None:
                yield f"{payment.id} is of no order"
                continue
            if (row["captured"], row["refunded"]) != (payment.received, payment.refunded):
                yield f"{payment.id} took {payment.received}, gave back {payment.refunded}; we believe {row}"
            kept = payment.received - payment.refunded
            wanted = payment.amount if row["goods"] == "collected" else 0
            held = payment.status == "requires_capture"
            if (kept != wanted or held) and not row["asked"] and not self._is_open(row["pickup"]):
                yield f"{payment.id} of {payment.amount} keeps {kept}, held: {held}, and the goods are {row['goods']}"
            forgotten = row["closed_at"] and row["closed_at"] + A_DAY < payment.capture_before.timestamp()
            if row["state"] == "expired" and forgotten and row["goods"] != "collected":
                yield f"{payment.id} was held until it lapsed, and the goods had been {row['goods']} for a day or more"
            self.year.happened[f"money_{row['state']}"] += 1
            self.year.happened["money_refunded"] += bool(payment.refunded)

    def _is_open(self, pickup: str | None) -> bool:
        return any(row["id"] == pickup for row in self.open())

    def _told(self) -> dict[str, Moved]:
        told: dict[str, Moved] = defaultdict(list)
        for row in self.store.rows(
            "SELECT o.platform_order_id AS number, t.what, t.detail"
            " FROM timeline t JOIN pickups p ON p.id = t.pickup_id JOIN orders o ON o.id = p.order_id"
            " WHERE t.what LIKE 'money_%' AND t.what <> 'money_authorised'"
        ):
            told[row["number"]].append((row["what"], row["detail"]["amount"]))
        return told

    # Providers.

    def _make_providers_unsure(self) -> None:
        phone, send = self.store.phone, self.store.phone.send

        def told(account: Account, to: str, body: str, callback_url: str) -> Receipt:
            self._note_text(body)
            return send(account, to, body, callback_url)

        phone.send = self._unsure("text", told)  # type: ignore[method-assign]
        shop: Any = self.store.shop
        for name in ("mark_ready", "mark_collected", "mark_returned"):
            setattr(shop, name, self._unsure("shop", getattr(shop, name)))

    def _unsure(self, of: str, call: Any) -> Any:
        """A fifth of the calls is lost, every other of them after it was done."""
        numbers = count()

        def unsure(*given: Any) -> Any:
            number = next(numbers)
            times_out, is_done = number % LOST == LOST - 1, number % (2 * LOST) != LOST - 1
            answer = call(*given) if is_done else None
            if times_out:
                self.year.happened[f"{of}_lost_{'after' if is_done else 'before'}"] += 1
                raise OutcomeUnknown("no_answer", "It timed out.")
            return answer

        return unsure
