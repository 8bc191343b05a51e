"""What pickups ask of the world: their platform told, their code's verifier worked out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import tasks, timeline
from bopis.among import among
from bopis.errors import EffectError
from bopis.lockers.models import Bank
from bopis.lockers.queries import open_bank_key
from bopis.merchants.queries import account_of
from bopis.messages import MarkCollected, MarkReady, MarkReturned, PrepareGrant
from bopis.pickups import grants
from bopis.pickups.models import Grant, Pickup
from bopis.ports import Account, Platform
from bopis.prepared import Prepared
from bopis.stores.queries import lock
from firmware_bridge.protocol import codes


@dataclass(frozen=True)
class _Verifier:
    grant_id: str
    version: int
    key: bytes
    secret: str
    salt: bytes

    def __repr__(self) -> str:
        return f"_Verifier({self.grant_id})"


_THESE = among(Grant.id, "grants")
_GRANTS = Prepared(
    select(Grant.id, Grant.version, Grant.selector, Grant.code_sealed, Grant.salt, Bank.id, Bank.key_sealed)
    .join(Bank, Bank.id == Grant.bank_id)
    .where(_THESE, Grant.code_sealed.is_not(None), Grant.salt.is_not(None))
)
_THEIR_STORES = Prepared(
    select(Pickup.store_id)
    .join(Grant, Grant.pickup_id == Pickup.id)
    .where(_THESE, Pickup.store_id.is_not(None))
    .distinct()
)


def _to_work_out(
    grant_id: str, version: int, selector: str, sealed: bytes, salt: bytes, bank_id: str, key: bytes
) -> _Verifier:
    secret = grants.open_code(grant_id, selector, sealed).secret
    return _Verifier(grant_id, version, open_bank_key(bank_id, key), secret, salt)


class PrepareGrantEffect:
    """Works out a verifier (32 ms of Argon2id) outside any transaction; then the bridge may have the grant."""

    idempotent = True

    def read(self, session: Session, message: PrepareGrant, now: dt.datetime) -> _Verifier | None:
        return self.read_all(session, {"": message}).get("")

    def read_all(self, session: Session, asked: Mapping[str, PrepareGrant]) -> dict[str, _Verifier]:
        found = _GRANTS.read(session, _to_work_out, grants={message.grant_id for message in asked.values()})
        known = {(work.grant_id, work.version): work for work in found}
        wanted = {key: known.get((message.grant_id, message.version)) for key, message in asked.items()}
        return {key: work for key, work in wanted.items() if work}

    def call(self, work: _Verifier) -> bytes:
        return codes.verifier(work.key, work.grant_id, work.version, work.secret, work.salt)

    def look_up(self, work: _Verifier, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _Verifier, outcome: bytes, now: dt.datetime) -> None:
        self.record_all(session, [(work, outcome)], now)

    def record_all(self, session: Session, done: Sequence[tuple[_Verifier, bytes]], now: dt.datetime) -> None:
        lock(session, *(row[0] for row in _THEIR_STORES.run(session, grants={work.grant_id for work, _ in done})))
        grants.keep_verifiers(session, {(work.grant_id, work.version): verifier for work, verifier in done}, now)

    def give_up(self, session: Session, message: PrepareGrant, problem: EffectError, now: dt.datetime) -> None:
        raise AssertionError("working out a verifier fails only by a defect")


@dataclass(frozen=True)
class _PlatformCall:
    pickup_id: str
    account: Account
    unit_id: str


class _PlatformEffect:
    idempotent = True
    done = ""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self.platforms = platforms

    def read(
        self, session: Session, message: MarkReady | MarkCollected | MarkReturned, now: dt.datetime
    ) -> _PlatformCall | None:
        pickup = session.get_one(Pickup, message.pickup_id)
        if not self._still_wanted(pickup):
            return None
        return _PlatformCall(pickup.id, account_of(session, pickup.order.connection_id), pickup.unit_id)

    def _still_wanted(self, pickup: Pickup) -> bool:
        raise NotImplementedError

    def look_up(self, work: _PlatformCall, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: _PlatformCall, outcome: None, now: dt.datetime) -> None:
        pickup = session.get_one(Pickup, work.pickup_id)
        assert pickup.store_id is not None
        lock(session, pickup.store_id)
        timeline.write(session, pickup.id, self.done, actor="system", at=now)

    def give_up(
        self,
        session: Session,
        message: MarkReady | MarkCollected | MarkReturned,
        problem: EffectError,
        now: dt.datetime,
    ) -> None:
        pickup = session.get_one(Pickup, message.pickup_id)
        tasks.ask(
            session,
            "platform_refused",
            pickup.id,
            merchant_id=pickup.merchant_id,
            store_id=pickup.store_id,
            reason=f"The shop did not take over that {pickup.order.name} changed: {problem.message}",
            now=now,
        )


class MarkReadyEffect(_PlatformEffect):
    """Tells the platform that the goods wait for the shopper."""

    done = "platform_told_ready"

    def _still_wanted(self, pickup: Pickup) -> bool:
        return pickup.state == "ready"

    def call(self, work: _PlatformCall) -> None:
        self.platforms[work.account.vendor].mark_ready(work.account, work.unit_id)


class MarkCollectedEffect(_PlatformEffect):
    """Tells the platform that the goods were handed over."""

    done = "platform_told_collected"

    def _still_wanted(self, pickup: Pickup) -> bool:
        return pickup.state == "collected"

    def call(self, work: _PlatformCall) -> None:
        self.platforms[work.account.vendor].mark_collected(work.account, work.unit_id)


class MarkReturnedEffect(_PlatformEffect):
    """Tells the platform that what nobody collected is in stock again."""

    done = "platform_told_returned"

    def _still_wanted(self, pickup: Pickup) -> bool:
        return pickup.state == "returned"

    def call(self, work: _PlatformCall) -> None:
        self.platforms[work.account.vendor].mark_returned(work.account, work.unit_id, work.pickup_id)
