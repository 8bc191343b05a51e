"""A deed asked for twice is done once, whoever lost the answer."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select, update

from bopis import clock
from bopis.access import deeds
from bopis.access.models import ApiDeed
from bopis.sweeps import sweep
from bopis.timeline import entries
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


def extended(world: World, pickup: str) -> int:
    with world.database.reading() as session:
        return len([entry for entry in entries(session, pickup) if entry.what == "extended"])


def test_the_same_deed_asked_for_again_gets_the_same_answer_and_is_done_once(
    world: World, developer: Developer
) -> None:
    pickup = world.ready()

    first = developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")
    again = developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")

    assert (first.status_code, first.data) == (again.status_code, again.data) and first.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert extended(world, pickup) == 1


def test_a_key_used_for_another_deed_is_refused(world: World, developer: Developer) -> None:
    pickup = world.ready()
    developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")

    other = developer.post(f"/pickups/{pickup}/extend", {"hours": 300}, Idempotency_Key="k-1")

    assert refusal(other) == (422, "idempotency_key_reused")
    assert extended(world, pickup) == 1


def test_while_it_is_being_done_the_same_deed_waits_its_turn(world: World, developer: Developer) -> None:
    pickup = world.ready()
    developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")
    with world.database.transaction() as session:
        session.execute(update(ApiDeed).values(status=None, begun_at=clock.now()))

    answer = developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")

    assert refusal(answer) == (409, "idempotency_key_in_use")
    assert int(answer.headers["Retry-After"]) > 0


def test_whoever_was_taken_for_dead_does_not_finish(world: World, developer: Developer) -> None:
    now = clock.now()
    with world.database.transaction() as session:
        slow = deeds.begin(session, developer.key.id, "k-1", "hash", now)
    with world.database.transaction() as session:
        quick = deeds.begin(session, developer.key.id, "k-1", "hash", now + dt.timedelta(minutes=2))
    assert isinstance(slow, deeds.Turn) and isinstance(quick, deeds.Turn)

    with pytest.raises(deeds.UnderWay), world.database.transaction() as session:
        deeds.finish(session, slow, deeds.Done(200, b"{}"))
    with world.database.transaction() as session:
        deeds.finish(session, quick, deeds.Done(200, b"{}"))


def test_a_deed_that_was_refused_may_be_asked_for_again(world: World, developer: Developer) -> None:
    pickup = world.order()
    refused = developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")
    world.load(pickup)

    done = developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")

    assert refusal(refused) == (409, "not_there")
    assert done.status_code == 200


def test_two_programs_may_use_the_same_key(web: Flask, world: World, developer: Developer) -> None:
    other, first, second = Developer(web, world), world.ready("1"), world.ready("2")

    one = developer.post(f"/pickups/{first}/extend", {"hours": 200}, Idempotency_Key="k-1").get_json()
    two = other.post(f"/pickups/{second}/extend", {"hours": 200}, Idempotency_Key="k-1").get_json()

    assert (one["id"], two["id"]) == (first, second)


def test_an_answer_is_kept_for_a_day_and_nobody_reads_it_in_the_database(world: World, developer: Developer) -> None:
    pickup = world.ready(first_name="Samantha")
    developer.post(f"/pickups/{pickup}/extend", {"hours": 200}, Idempotency_Key="k-1")
    with world.database.transaction() as session:
        kept = session.scalars(select(ApiDeed)).one()
        assert b"Samantha" not in (kept.body_sealed or b"")
        kept.begun_at = clock.now() - dt.timedelta(hours=25)

    answer = developer.post(f"/pickups/{pickup}/extend", {"hours": 300}, Idempotency_Key="k-1")

    assert answer.status_code == 200


@pytest.mark.parametrize("named", ["", " ".ljust(256), "café"])
def test_a_key_that_cannot_be_one_is_named(world: World, developer: Developer, named: str) -> None:
    answer = developer.post(f"/pickups/{world.ready()}/cancel", Idempotency_Key=named)
    assert refusal(answer) == (400, "bad_idempotency_key")


@pytest.mark.parametrize(
    ("body", "at"),
    [({}, "/hours"), ({"hours": 0}, "/hours"), ({"hours": "5"}, "/hours"), ({"hours": 5, "why": "late"}, "/why")],
)
def test_a_body_that_is_wrong_is_told_where(world: World, developer: Developer, body: object, at: str) -> None:
    answer = developer.post(f"/pickups/{world.ready()}/extend", body)
    assert refusal(answer) == (400, "bad_field")
    assert [each["at"] for each in answer.get_json()["errors"]] == [at]


def test_what_is_not_json_is_refused_as_such(world: World, developer: Developer) -> None:
    address = f"/api/v1/pickups/{world.ready()}/extend"
    as_form = developer.client.post(address, data={"hours": 5}, headers=developer.headers)
    broken = developer.client.post(address, data="{", content_type="application/json", headers=developer.headers)

    assert refusal(as_form) == (415, "unsupported_media_type")
    assert refusal(broken) == (400, "bad_json")


def test_answers_are_forgotten_after_a_day_and_not_before(world: World, developer: Developer) -> None:
    developer.post(f"/pickups/{world.ready()}/extend", {"hours": 200}, Idempotency_Key="k-1")

    def kept(hours: int) -> int:
        sweep(world.database, clock.now() + dt.timedelta(hours=hours))
        with world.database.reading() as session:
            return len(session.scalars(select(ApiDeed)).all())

    assert (kept(23), kept(25)) == (1, 0)
