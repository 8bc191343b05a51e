from __future__ import annotations

from sqlalchemy import select

from bopis import clock
from bopis.lockers.queries import bank_key
from bopis.messages import PrepareGrant
from bopis.pickups import grants, loading
from bopis.pickups.effects import PrepareGrantEffect
from bopis.pickups.for_bridge import grants_since
from bopis.pickups.models import Grant
from bopis.tasks import Task
from firmware_bridge.protocol import codes
from tests.world import World


def prepare(world: World, grant: Grant, version: int) -> None:
    effect = PrepareGrantEffect()
    with world.database.transaction() as session:
        work = effect.read(session, PrepareGrant(grant.id, version), clock.now())
        if work is not None:
            effect.record(session, work, effect.call(work), clock.now())


def test_a_locked_code_is_unlocked_by_staff_and_stays_the_same_code(world: World) -> None:
    pickup = world.ready("1")
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        code = grants.code_of(grant)
    assert code is not None
    prepare(world, grant, 1)
    world.device(("grant_locked", {"grant": grant.id}))
    with world.database.reading() as session:
        assert session.scalars(select(Task.kind)).all() == ["code_locked"]

    world.staff(pickup, loading.unlock_code)
    with world.database.reading() as session:
        assert grants_since(session, world.bank_id, 0) == [], "what is not worked out yet is not told"
    prepare(world, grant, 1)
    prepare(world, grant, 2)
    with world.database.reading() as session:
        told = grants_since(session, world.bank_id, 0)
        grant = session.get_one(Grant, grant.id)
        assert [each["version"] for each in told] == [2]
        assert grants.code_of(grant) == code
        assert grant.salt is not None
        assert grant.bank is not None
        key = bank_key(grant.bank)
        assert grant.verifier == codes.verifier(key, grant.id, 2, code.secret, grant.salt)
        assert session.scalars(select(Task).where(Task.settled_at.is_(None))).all() == []
