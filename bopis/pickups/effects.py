"""What pickups ask of the world: their platform told, their code's verifier worked out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bopis import tasks, timeline
from bopis.among import among
from bopis.errors import EffectError
from bopis.lockers.queries import bank_key
from bopis.merchants.queries import account_of
from bopis.messages import MarkCollected, MarkReady, PrepareGrant
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
_GRANTS = select(Grant).where(_THESE).options(joinedload(Grant.bank))
_THEIR_STORES = Prepared(
    select(Pickup.store_id)
    .join(Grant, Grant.pickup_id == Pickup.id)
    .where(_THESE, Pickup.store_id.is_not(None))
    .distinct()
)


def _to_work_out(grant: Grant | None, message: PrepareGrant) -> _Verifier | None:
    code = grants.code_of(grant) if grant else None
    if grant is None or grant.version != message.version or code is None or not grant.bank or not grant.salt:
        return None
    return _Verifier(grant.id, grant.version, bank_key(grant.bank), code.secret, grant.salt)


class PrepareGrantEffect:
    """Works out a verifier (32 ms of Argon2id) outside any transaction; then the bridge may have the grant."""

    idempotent = True

    def read(self, session: Session, message: PrepareGrant, now: dt.datetime) -> _Verifier | None:
        return self.read_all(session, {"": message}).get("")

    def read_all(self, session: Session, asked: Mapping[str, PrepareGrant]) -> dict[str, _Verifier]:
        wanted = {"grants": {message.grant_id for message in asked.values()}}
        found = {grant.id: grant for grant in session.scalars(_GRANTS, wanted)}
        works = {key: _to_work_out(found.get(message.grant_id), message) for key, message in asked.items()}
        return {key: work for key, work in works.items() if work}

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

    def read(self, session: Session, message: MarkReady | MarkCollected, now: dt.datetime) -> _PlatformCall | None:
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
        self, session: Session, message: MarkReady | MarkCollected, problem: EffectError, now: dt.datetime
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
