"""One reservation, ours and the bare one, each with a way back; and many clients doing ours at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bench import machine
from bench.filled import MERCHANT, made
from bench.load import LEAD
from bopis import clock
from bopis.bell import SilentBell
from bopis.db import Database
from bopis.errors import BopisError
from bopis.ids import new_id
from bopis.pickups import actions
from bopis.pickups.models import Pickup
from bopis.stores.queries import lock
from devtools import ROOT

PROCESSES = 4
_UNDO = (
    "DELETE FROM placements WHERE pickup_id = :pickup",
    "DELETE FROM outbox WHERE fields ->> 'grant_id' IN (SELECT id FROM grants WHERE pickup_id = :pickup)",
    "DELETE FROM grants WHERE pickup_id = :pickup",
    "DELETE FROM timeline WHERE pickup_id = :pickup",
    "UPDATE pickups SET state = 'waiting', reason = '' WHERE id = :pickup",
)


class Reservation:
    """What the service does when an order is paid and known: lock, choose, hold, grant, timeline, outbox.

    The pickup is in hand, as it is for whoever has just taken its order over, unless `reading`.
    """

    def __init__(self, database: Database, *, reading: bool = False) -> None:
        self._database, self._reads = database, reading
        self._known: dict[int, Pickup] = {}

    def take(self, number: int) -> None:
        """Reserve a place for the waiting pickup of this number."""
        with self._database.transaction() as session:
            pickup = self._in_hand(session, number)
            assert pickup.store_id is not None
            lock(session, pickup.store_id)
            actions.reserve(session, pickup, clock.now())

    def know(self, numbers: Iterable[int]) -> None:
        """Take these pickups in hand."""
        with self._database.reading() as session:
            self._known |= {number: session.get_one(Pickup, made("pickups", number)) for number in numbers}

    def _in_hand(self, session: Session, number: int) -> Pickup:
        if self._reads:
            return session.get_one(Pickup, made("pickups", number))
        if number not in self._known:
            self.know([number])
        session.add(self._known[number])
        return self._known[number]

    def undo(self, number: int) -> None:
        """Let it be as if it had never been reserved."""
        with self._database.transaction() as session:
            for statement in _UNDO:
                session.execute(text(statement), {"pickup": made("pickups", number)})
        if number in self._known:
            set_committed_value(self._known[number], "state", "waiting")


class BareReservation:
    """Five statements by hand: a free door claimed, placement, pickup, timeline, outbox."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def take(self, number: int) -> None:
        """Give the pickup of this number the smallest free door of its store."""
        pickup, now, run = made("pickups", number), clock.now(), self._connection.execute
        found = run(
            "SELECT c.id FROM compartments c JOIN banks b ON b.id = c.bank_id WHERE b.store_id = %s AND c.in_service "
            "AND c.size <> 'S' AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.compartment_id = c.id AND "
            "p.state <> 'released') ORDER BY c.size = 'XL', c.size = 'L', c.number LIMIT 1 FOR UPDATE OF c SKIP LOCKED",
            (made("stores", number),),
        ).fetchone()
        assert found is not None
        run(
            "INSERT INTO placements (id, merchant_id, pickup_id, compartment_id, state, created_at) "
            "VALUES (%s, %s, %s, %s, 'held', %s)",
            (new_id(), MERCHANT, pickup, found[0], now),
        )
        run("UPDATE pickups SET state = 'reserved', reason = 'smallest_fitting' WHERE id = %s", (pickup,))
        run(
            "INSERT INTO timeline (pickup_id, number, at, written_at, what, actor, detail, previous_hash, hash) "
            "VALUES (%s, 1, %s, now(), 'reserved', 'system', '{}', '', '')",
            (pickup, now),
        )
        run(
            "INSERT INTO outbox (id, merchant_id, kind, subject, created_at, state, next_at) "
            "VALUES (%s, %s, 'PrepareGrant', %s, %s, 'waiting', %s)",
            (new_id(), MERCHANT, new_id(), now, now),
        )
        self._connection.commit()

    def undo(self, number: int) -> None:
        """Let it be as if it had never been reserved."""
        pickup = made("pickups", number)
        self._connection.execute("DELETE FROM placements WHERE pickup_id = %s", (pickup,))
        self._connection.execute("DELETE FROM timeline WHERE pickup_id = %s", (pickup,))
        self._connection.execute("UPDATE pickups SET state = 'waiting', reason = '' WHERE id = %s", (pickup,))
        self._connection.commit()


def clients(url: str, pickups: Sequence[int], seconds: float) -> tuple[int, int]:
    """Reserve and undo with a client for each pickup, in several processes; pairs done, and how many went wrong."""
    at = time.monotonic() + 4 * LEAD
    running = []
    for number in range(PROCESSES):
        task = {"url": url, "pickups": pickups[number::PROCESSES], "seconds": seconds, "at": at}
        command = [sys.executable, "-m", "bench.reserving", json.dumps(task)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
    said = [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in running]
    return sum(each[0] for each in said), sum(each[1] for each in said)


def _client(reservation: Reservation, number: int, until: float) -> tuple[int, int]:
    done = refused = 0
    while time.monotonic() < until:
        try:
            reservation.take(number)
        except BopisError:
            refused += 1
            continue
        reservation.undo(number)
        done += 1
    return done, refused


def main(arguments: Sequence[str]) -> None:
    """The clients of one process."""
    task = json.loads(arguments[0])
    machine.use_keys()
    reservation, pickups = Reservation(Database(task["url"], SilentBell())), task["pickups"]
    with ThreadPoolExecutor(len(pickups)) as pool:
        time.sleep(max(0.0, task["at"] - time.monotonic()))
        until = time.monotonic() + task["seconds"]
        done = list(pool.map(lambda number: _client(reservation, number, until), pickups))
    print(json.dumps([sum(count for count, _ in done), sum(refused for _, refused in done)]))


if __name__ == "__main__":
    main(sys.argv[1:])
