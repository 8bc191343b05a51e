"""Is everything in its place? Each check says ok, warn or fail, and what to do; nothing is changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session, joinedload

from bopis import bell, clock, migrations
from bopis.bridges.queries import ONLINE_WITHIN, bridge_of
from bopis.claims import due
from bopis.config import THIS_MACHINE, Settings
from bopis.errors import EffectError, PermanentFailure, Unavailable
from bopis.inbox import InboxEntry
from bopis.lockers.models import Bank
from bopis.lockers.queries import bank_key
from bopis.merchants.models import Connection
from bopis.orders.models import Order
from bopis.outbox import OutboxEntry
from bopis.sealing import NotSealedHere
from bopis.stores.times import in_store
from bopis.wiring import Service

OK, WARN, FAIL = "ok", "warn", "fail"
TOO_LATE = dt.timedelta(minutes=2)
"""What was due longer ago than this should long have been done by the worker or the relay."""
SKEW, BAD_SKEW = dt.timedelta(seconds=5), dt.timedelta(seconds=60)
SAMPLE = 20
"""Of so many of the newest orders number and address are opened: enough to tell a wrong key from a right one."""


@dataclass(frozen=True)
class Finding:
    """One line of the report. `do` is the next step, empty where there is none to take."""

    level: str
    about: str
    words: str
    do: str = ""


def examine(service: Service, *, offline: bool) -> Iterator[Finding]:
    """Check everything, the most basic first; without a database in shape, nothing that needs one is asked."""
    yield _redis(service.settings)
    findings = list(_database(service))
    yield from findings
    if any(finding.level == FAIL for finding in findings):
        return
    with service.database.reading() as session:
        for check in (_clock, _secrets, _bridges, _boxes):
            yield from check(session)
        connections = list(session.scalars(select(Connection).order_by(Connection.created_at)))
    yield _mail(service, offline=offline)
    for connection in connections:
        yield _connection(service, connection, offline=offline)


def _redis(settings: Settings) -> Finding:
    try:
        bell.connect(settings.redis_url).ping()
    except (redis.RedisError, OSError, ValueError) as problem:
        words = f"does not answer ({type(problem).__name__}); work starts seconds later than it could"
        return Finding(WARN, "redis", words, "Start it, or correct REDIS_URL.")
    return Finding(OK, "redis", "answers")


def _database(service: Service) -> Iterator[Finding]:
    try:
        with service.database.reading() as session:
            kind, reached = _kind(session), migrations.reached(session)
    except Unavailable:
        yield Finding(FAIL, "database", "cannot be reached", "Start it, or correct DATABASE_URL.")
        return
    yield Finding(OK, "database", kind)
    newest = migrations.newest()
    if reached == newest:
        yield Finding(OK, "tables", f"in this release’s shape ({newest})")
    elif reached > newest:
        words = f"are newer ({reached}) than this release ({newest})"
        yield Finding(FAIL, "tables", words, "Deploy the newer release.")
    else:
        do = "Run: python -m bopis.cli migrate"
        yield Finding(FAIL, "tables", f"are at {reached or 'nothing'}, this release needs {newest}", do)


def _kind(session: Session) -> str:
    if session.get_bind().dialect.name == "sqlite":
        mode = session.execute(text("PRAGMA journal_mode")).scalar()
        version = session.execute(text("SELECT sqlite_version()")).scalar()
        return f"SQLite {version}, journal {mode}: for one machine"
    return f"PostgreSQL {session.execute(text('SHOW server_version')).scalar()}"


def _clock(session: Session) -> Iterator[Finding]:
    if session.get_bind().dialect.name == "sqlite":
        return
    theirs = session.execute(select(func.clock_timestamp())).scalar_one()
    skew = abs(clock.now() - theirs)
    words = f"{skew.total_seconds():.1f} s apart from the database’s"
    level = FAIL if skew > BAD_SKEW else WARN if skew > SKEW else OK
    yield Finding(level, "clock", words, "" if level == OK else "Let both machines follow the same time server.")


def _secrets(session: Session) -> Iterator[Finding]:
    sealed: list[tuple[str, Callable[[], Any]]] = []
    sealed += [(f"connection {each.account_name}", each.account) for each in session.scalars(select(Connection))]
    sealed += [(f"bank {each.name}", lambda each=each: bank_key(each)) for each in session.scalars(select(Bank))]
    personal = or_(Order.phone_sealed.is_not(None), Order.email_sealed.is_not(None))
    for each in session.scalars(select(Order).where(personal).order_by(Order.id.desc()).limit(SAMPLE)):
        sealed += [(f"phone of order {each.name}", each.phone), (f"e-mail of order {each.name}", each.email)]
    shut = [name for name, unseal in sealed if not _opens(unseal)]
    if not shut:
        yield Finding(OK, "secrets", f"{len(sealed)} opened")
        return
    more = f" and {len(shut) - 1} more" if len(shut) > 1 else ""
    do = "Put the key they were sealed with back into SECRET_KEYS, behind the newest."
    yield Finding(FAIL, "secrets", f"{shut[0]}{more} cannot be opened", do)


def _opens(unseal: Callable[[], Any]) -> bool:
    try:
        unseal()
    except NotSealedHere:
        return False
    return True


def _bridges(session: Session) -> Iterator[Finding]:
    now = clock.now()
    for bank in session.scalars(select(Bank).options(joinedload(Bank.store)).order_by(Bank.created_at)):
        about, bridge = f"bank {bank.store.name}, {bank.name}", bridge_of(session, bank.id)
        if bridge is None:
            do = f"Run: python -m bopis.cli enrolment-code {bank.id}"
            yield Finding(WARN, about, "has no bridge; orders go to the counter", do)
        elif bridge.seen_at is not None and bridge.seen_at >= now - ONLINE_WITHIN:
            yield Finding(OK, about, "online")
        else:
            words = "never seen"
            if bridge.seen_at is not None:
                words = f"not seen since {in_store(bridge.seen_at, bank.store.time_zone)}"
            do = "Look whether its machine has power and network. The store goes on by itself for 72 hours."
            yield Finding(WARN, about, words, do)


def _boxes(session: Session) -> Iterator[Finding]:
    now = clock.now()
    for about, box in (("inbox", InboxEntry), ("outbox", OutboxEntry)):
        count, first = session.execute(select(func.count(), func.min(box.next_at)).where(due(box, now))).one()
        if first is not None and now - first > TOO_LATE:
            minutes = int((now - first).total_seconds() // 60)
            words = f"{count} due, the oldest for {minutes} min"
            yield Finding(FAIL, about, words, "See that the processes worker and relay run, and read their logs.")
        else:
            yield Finding(OK, about, f"{count} due")
        dead = session.scalar(select(func.count()).select_from(box).where(box.state == "dead"))
        if dead:
            words = f"{dead} dead letter{'s' if dead > 1 else ''}"
            yield Finding(WARN, about, words, "Run: python -m bopis.cli dead-letters, then replay")


def _mail(service: Service, *, offline: bool) -> Finding:
    mail, mailer = service.settings.mail, service.gateways.mailer
    if mail is None or mailer is None:
        words = "not set up; shoppers whom no text reaches become tasks"
        return Finding(OK, "mail", words, "To write to them, set SMTP_URL and MAIL_FROM")
    if offline:
        return Finding(OK, "mail", "not asked (--offline)")
    try:
        mailer.check()
    except EffectError as problem:
        level = FAIL if isinstance(problem, PermanentFailure) else WARN
        return Finding(level, "mail", problem.message, "Correct SMTP_URL, or see to the mail server.")
    if mail.security == "none" and mail.host not in THIS_MACHINE:
        words = f"{mail.host} lets us in, but codes travel there in the clear"
        return Finding(WARN, "mail", words, "Write smtp+starttls:// or smtps:// if it can.")
    return Finding(OK, "mail", f"{mail.host} lets us in")


def _connection(service: Service, connection: Connection, *, offline: bool) -> Finding:
    about = f"{connection.vendor} {connection.account_name}"
    if connection.paused_at is not None:
        return Finding(WARN, about, f"paused ({connection.paused_because})", "Let an admin connect it again.")
    if offline:
        return Finding(OK, about, "not asked (--offline)")
    try:
        _ask(service, connection)
    except NotSealedHere:
        return Finding(FAIL, about, "its secrets cannot be opened", "See “secrets”.")
    except PermanentFailure as problem:
        return Finding(FAIL, about, f"refuses us: {problem.message}", "Let an admin connect it again.")
    except EffectError as problem:
        return Finding(WARN, about, f"does not answer: {problem.message}", "Try again in a minute.")
    return Finding(OK, about, "lets us in")


def _ask(service: Service, connection: Connection) -> None:
    """One cheap question, whose answer may well be that there is no such thing."""
    account, gateways = connection.account(), service.gateways
    if connection.vendor in gateways.platforms:
        gateways.platforms[connection.vendor].fetch_order(account, "1")
    elif connection.vendor in gateways.payments:
        gateways.payments[connection.vendor].fetch(account, "none")
    elif connection.vendor in gateways.messengers:
        sender = str(account.settings.get("from", ""))
        gateways.messengers[connection.vendor].find(account, sender, "", clock.now())
