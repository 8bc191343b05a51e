"""Signing in over HTTP: what is shown, what is set, what survives."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from flask import Flask
from sqlalchemy import select

from bopis import clock
from bopis.staff.models import StaffMember, StaffSession
from bopis.web import associate
from tests.bopis.web.lockers import Lockers
from tests.bopis.web.phone import Phone
from tests.world import PIN, World


def failures(world: World) -> int:
    with world.database.reading() as session:
        return session.get_one(StaffMember, world.ada_id).failures


def test_a_refusal_is_counted_and_says_the_same_of_every_kind_of_no(world: World, phone: Phone) -> None:
    wrong = phone.sign_in(pin="000000")
    unknown = phone.sign_in(badge="Z9")
    for _ in range(4):
        phone.sign_in(pin="000000")
    paused = phone.sign_in()
    assert failures(world) == 5
    assert wrong.status_code == unknown.status_code == paused.status_code == 403
    assert wrong.get_json() == unknown.get_json() == paused.get_json()


def test_every_kind_of_no_takes_its_time(world: World, phone: Phone) -> None:
    def seconds(badge: str, pin: str) -> float:
        started = time.process_time()
        phone.sign_in(badge, pin)
        return time.process_time() - started

    seconds("Z9", PIN)  # the first hashes once more
    assert min(seconds("Z9", PIN) for _ in range(3)) > 0.4 * min(seconds("A1", "000000") for _ in range(3))


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(phone: Phone) -> None:
    cookie = phone.sign_in().headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_with_https_the_cookie_belongs_to_this_host_alone(world: World, web: Flask) -> None:
    app = Flask("secure", template_folder=web.template_folder)
    listener = None
    app.register_blueprint(associate.blueprint(world.database, listener, secure=True))  # type: ignore[arg-type]
    cookie = Phone(app).sign_in().headers["Set-Cookie"]
    assert cookie.startswith("__Host-staff=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_signing_out_ends_the_session_the_cookie_and_being_at_the_lockers(
    world: World, ada: Phone, lockers: Lockers
) -> None:
    token = ada.client.get_cookie("staff")
    assert token is not None
    answer = ada.post("/sign-out")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert [command.kind for command in lockers.waiting()] == ["end_presence"]

    ada.client.set_cookie("staff", token.value)
    assert ada.get("/state").status_code == 401


def test_use_keeps_the_sign_in_alive_and_what_the_page_asks_by_itself_does_not(world: World, phone: Phone) -> None:
    phone.signed_in()

    def used_ago(minutes: int) -> dt.datetime:
        with world.database.transaction() as session:
            found = session.scalars(select(StaffSession)).one()
            found.used_at = clock.now() - dt.timedelta(minutes=minutes)
            return found.used_at

    def used_at() -> dt.datetime:
        with world.database.reading() as session:
            return session.scalars(select(StaffSession.used_at)).one()

    long_ago = used_ago(minutes=10)
    phone.get("/state")
    phone.get("/?live=1", page=True)
    assert used_at() == long_ago
    phone.get("/", page=True)
    assert used_at() > long_ago


@pytest.mark.parametrize("form", [{}, {"badge": "A1"}, {"pin": PIN}, {"badge": "A1", "pin": "9" * 5000}])
def test_what_is_missing_or_absurd_is_a_plain_no(phone: Phone, form: dict[str, str]) -> None:
    assert phone.post("/sign-in", **form).status_code == 403


def test_the_pin_is_never_shown_again(phone: Phone) -> None:
    page = phone.sign_in(pin="135792", page=True)
    assert page.status_code == 403
    assert "135792" not in page.text
    assert 'value="A1"' in page.text


def test_a_manager_unlocks_and_an_associate_sees_no_such_page(world: World, web: Flask, phone: Phone) -> None:
    for _ in range(5):
        phone.sign_in(pin="000000")
    manager = Phone(web).signed_in("A1M")
    assert "Unlock" in manager.get("/people", page=True).text
    assert manager.post(f"/people/{world.ada_id}/unlock").status_code == 200
    phone.signed_in()
    assert phone.get("/people").status_code == 403
    assert "People in this store" not in phone.get("/", page=True).text
