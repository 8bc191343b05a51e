"""By text, else by e-mail, else by a person: one message over all channels, whatever the channels do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select

from bopis import clock
from bopis.claims import claim
from bopis.dispatch import carry_out
from bopis.effects import Gateways, handlers
from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.notices.actions import take_report
from bopis.notices.models import Notice
from bopis.orders.models import Order
from bopis.orders.privacy import erase
from bopis.outbox import OutboxEntry
from bopis.pickups.models import Pickup
from bopis.pickups.privacy import held
from bopis.ports import Account, Letter, Receipt
from bopis.tasks import Task
from bopis.timeline import entries
from tests.world import PHONE, World
from webhooks.replay import replay

EMAIL = "shopper@example.com"
NOT_A_MOBILE = PermanentFailure("landline", "No text will reach it.")


@dataclass
class Outside:
    """A provider of texts and a mail server, with ledgers of their own; each answers as told, then well."""

    texts: list[str] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    says: list[EffectError] = field(default_factory=list)
    mail_says: list[EffectError] = field(default_factory=list)
    checked: int = 0

    def text(self, account: Account, to: str, body: str, callback_url: str) -> Receipt:
        if self.says:
            raise self.says.pop(0)
        self.texts.append(to)
        return Receipt(f"SM{len(self.texts)}", "accepted")

    def find(self, account: Account, to: str, body: str, since: dt.datetime) -> Receipt | None:
        return None

    def mail(self, letter: Letter) -> None:
        problem = self.mail_says.pop(0) if self.mail_says else None
        if problem is None or isinstance(problem, OutcomeUnknown):
            self.letters.append(letter)
        if problem is not None:
            raise problem


class Messenger:
    def __init__(self, outside: Outside) -> None:
        self.send, self.find = outside.text, outside.find


class Mailer:
    def __init__(self, outside: Outside) -> None:
        self.send = outside.mail


Work = Callable[..., None]


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let ten minutes pass."""
    passed, real = [dt.timedelta()], clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + passed[0])

    def pass_time() -> None:
        passed[0] += dt.timedelta(minutes=10)

    return pass_time


@pytest.fixture
def work(world: World, outside: Outside, later: Callable[[], None]) -> Work:
    """Carry out every message to the shopper until none waits; without a mail server if told so."""

    def carry_all(mail: bool = True) -> None:
        gateways = Gateways({}, {"twilio": Messenger(outside)}, {}, Mailer(outside) if mail else None)  # type: ignore[dict-item,arg-type]
        effects = handlers(gateways, "https://pickup.example.com")
        for _ in range(30):
            with world.database.transaction() as session:
                claimed = claim(session, OutboxEntry, 20, clock.now())
            mine = [entry for entry in claimed if entry.kind in ("TellShopper", "MailShopper")]
            for entry in mine:
                carry_out(world.database, effects, entry)
            later()
            if not claimed:
                return

    return carry_all


def asked(world: World) -> list[tuple[str, str]]:
    """Kind and reason of each open task."""
    with world.database.reading() as session:
        found = session.scalars(select(Task).where(Task.settled_at.is_(None)))
        return [(task.kind, task.reason) for task in found]


def notices(world: World) -> list[tuple[str, str]]:
    with world.database.reading() as session:
        return [(notice.channel, notice.state) for notice in session.scalars(select(Notice))]


def report(world: World, state: str, error: str = "") -> None:
    with world.database.transaction() as session:
        take_report(session, world.phone.connection_id, Receipt("SM1", state, error), clock.now())


def test_a_shopper_with_a_number_gets_a_text_and_no_mail(world: World, outside: Outside, work: Work) -> None:
    world.ready("1", emails=(EMAIL,))
    work()
    assert (outside.texts, outside.letters, asked(world)) == ([PHONE], [], [])


@pytest.mark.parametrize("phone", ["", "555-555-SHIP"])
def test_without_a_number_an_email_carries_code_place_time_and_link(
    world: World, outside: Outside, work: Work, phone: str
) -> None:
    pickup_id = world.ready("1", phone=phone, emails=(EMAIL,))
    work()
    (letter,) = outside.letters
    assert (letter.to, letter.subject, outside.texts) == (EMAIL, "#1 is ready at Fernhill High Street", [])
    assert letter.message_id == f"ready.1.{pickup_id}@pickup.example.com"
    assert "https://pickup.example.com/p/" in letter.text and "12 High Street" in letter.text
    assert (notices(world), asked(world)) == ([("e-mail", "accepted")], [])


def test_whoever_picks_up_is_written_to_before_whoever_ordered(world: World, outside: Outside, work: Work) -> None:
    snapshot = world.snapshot("1", phone="", emails=("buyer@example.com",))
    world.news(replace(snapshot, units=(replace(snapshot.units[0], email=EMAIL),)))
    with world.database.reading() as session:
        assert session.scalars(select(Order)).one().email() == EMAIL


@pytest.mark.parametrize("given", [(), ("nobody",), ("a@b", "x y@example.com", "a\r\nBcc: b@example.com")])
def test_with_neither_a_person_is_asked(world: World, outside: Outside, work: Work, given: tuple[str, ...]) -> None:
    world.ready("1", phone="", emails=given)
    work()
    assert [kind for kind, _ in asked(world)] == ["no_phone"] and "no e-mail address" in asked(world)[0][1]
    assert (outside.texts, outside.letters) == ([], [])


def test_without_a_mail_server_a_person_is_asked_and_told_why(world: World, outside: Outside, work: Work) -> None:
    world.ready("1", phone="", emails=(EMAIL,))
    work(mail=False)
    ((kind, reason),) = asked(world)
    assert kind == "no_phone" and "not set up (SMTP_URL and MAIL_FROM)" in reason


def test_once_a_mail_server_is_set_up_the_dead_letter_can_be_replayed(
    world: World, outside: Outside, work: Work
) -> None:
    world.ready("1", phone="", emails=(EMAIL,))
    work(mail=False)
    with world.database.transaction() as session:
        replay(session, session.scalars(select(OutboxEntry).where(OutboxEntry.state == "dead")).one(), clock.now())
    work()
    assert len(outside.letters) == 1 and notices(world) == [("e-mail", "accepted")]


def test_a_number_that_takes_no_texts_is_followed_by_an_email(world: World, outside: Outside, work: Work) -> None:
    pickup_id = world.ready("1", emails=(EMAIL,))
    outside.says.append(NOT_A_MOBILE)
    work()
    assert ([letter.to for letter in outside.letters], asked(world)) == ([EMAIL], [])
    assert notices(world) == [("e-mail", "accepted")]
    with world.database.reading() as session:
        told = [entry.what for entry in entries(session, pickup_id)]
    assert told[-2:] == ["text_failed", "shopper_told"]


def test_a_number_that_takes_no_texts_and_no_address_is_a_task(world: World, outside: Outside, work: Work) -> None:
    world.ready("1")
    outside.says.append(NOT_A_MOBILE)
    work()
    assert [kind for kind, _ in asked(world)] == ["text_failed"]


def test_credentials_that_are_refused_are_a_task_although_the_shopper_is_written_to(
    world: World, outside: Outside, work: Work
) -> None:
    world.ready("1", emails=(EMAIL,))
    outside.says.append(PermanentFailure("credentials_refused", "The provider refused the credentials."))
    work()
    assert len(outside.letters) == 1 and [kind for kind, _ in asked(world)] == ["connection_failed"]


def test_a_text_reported_as_not_delivered_is_followed_by_one_email(world: World, outside: Outside, work: Work) -> None:
    world.ready("1", emails=(EMAIL,))
    work()
    for _ in range(2):
        report(world, "failed", "landline")
    work()
    assert (len(outside.texts), len(outside.letters), asked(world)) == (1, 1, [])
    report(world, "delivered")
    assert notices(world) == [("e-mail", "accepted")]


def test_what_was_delivered_once_is_not_written_again(world: World, outside: Outside, work: Work) -> None:
    world.ready("1", emails=(EMAIL,))
    work()
    report(world, "delivered")
    report(world, "failed", "unknown_error")
    work()
    assert outside.letters == [] and [kind for kind, _ in asked(world)] == ["text_failed"]


def test_nobody_is_written_to_about_goods_that_are_gone(world: World, outside: Outside, work: Work) -> None:
    pickup_id = world.ready("1", phone="", emails=(EMAIL,))
    with world.database.transaction() as session:
        session.get_one(Pickup, pickup_id).state = "collected"
    work()
    assert (outside.letters, asked(world)) == ([], [])


def test_a_server_that_asks_to_come_later_gets_one_mail(world: World, outside: Outside, work: Work) -> None:
    world.ready("1", phone="", emails=(EMAIL,))
    outside.mail_says += [TemporaryFailure("try_later", "Later.")] * 3
    work()
    assert (len(outside.letters), asked(world)) == (1, [])


def test_a_mail_that_may_have_gone_is_never_sent_again_and_a_person_is_asked(
    world: World, outside: Outside, work: Work
) -> None:
    world.ready("1", phone="", emails=(EMAIL,))
    outside.mail_says.append(OutcomeUnknown("no_answer", "It broke off."))
    work()
    ((kind, reason),) = asked(world)
    assert (len(outside.letters), kind) == (1, "no_phone") and "not known whether" in reason
    with world.database.transaction() as session:
        replay(session, session.scalars(select(OutboxEntry).where(OutboxEntry.state == "dead")).one(), clock.now())
    work()
    assert len(outside.letters) == 1


def test_an_address_is_sealed_to_its_row_shown_on_request_and_erased_with_the_rest(world: World) -> None:
    world.order("1", emails=(EMAIL,))
    with world.database.transaction() as session:
        order = session.scalars(select(Order)).one()
        assert order.email_sealed is not None and EMAIL.encode() not in order.email_sealed
        assert held(session, order)["email"] == EMAIL
        erase(session, order, clock.now())
        assert (order.email_sealed, order.email()) == (None, "")


def test_an_address_shows_in_no_print(world: World) -> None:
    snapshot = world.snapshot("1", emails=(EMAIL,))
    assert EMAIL not in repr(replace(snapshot, units=(replace(snapshot.units[0], email=EMAIL),)))
