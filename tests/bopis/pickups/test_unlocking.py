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


def test_a_code_called_off_while_it_is_worked_out_anew_is_revoked_at_the_bridge(world: World) -> None:
    pickup = world.ready("1")
    with world.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
    prepare(world, grant, 1)
    with world.database.reading() as session:
        known = grants_since(session, world.bank_id, 0)
        version = session.get_one(Grant, grant.id).sync_version
    assert [each["revoked"] for each in known] == [False]

    world.staff(pickup, loading.unlock_code)
    with world.database.transaction() as session:
        grants.close(session, session.get_one(Grant, grant.id), clock.now())

    with world.database.reading() as session:
        assert [(each["id"], each["revoked"]) for each in grants_since(session, world.bank_id, version)] == [
            (grant.id, True)
        ]


def test_a_bridge_hears_nothing_of_a_code_that_was_never_worked_out(world: World) -> None:
    pickup = world.order("1")
    with world.database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.pickup_id == pickup)).one()
        grants.close(session, grant, clock.now())

    with world.database.reading() as session:
        assert grants_since(session, world.bank_id, -1) == []
