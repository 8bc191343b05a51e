"""`python -m bopis.cli`: migrate, enrolment codes, accounts' secrets, dead letters, doctor."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import cli_access, cli_orders, clock
from bopis.bridges.actions import ENROLMENT_LIFE, new_enrolment_code
from bopis.config import BadSetting, Settings
from bopis.doctor import FAIL, OK, Finding, examine
from bopis.errors import BopisError
from bopis.inbox import InboxEntry
from bopis.lockers import item_table
from bopis.lockers.items import take_over
from bopis.lockers.models import Bank
from bopis.merchants.actions import type_in
from bopis.merchants.models import Merchant
from bopis.migrations import upgrade
from bopis.outbox import OutboxEntry
from bopis.pickups.reconcile import revive
from bopis.wiring import TYPED_IN, Service, build
from webhooks.replay import dead_letters, replay


@click.group()
def cli() -> None:
    """Operate the service."""


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to this release."""
    upgrade(Settings.from_env().database_url)


@cli.command("banks")
def list_banks() -> None:
    """List the banks of lockers, with their ids."""
    with _service().database.reading() as session:
        for bank in session.scalars(select(Bank).order_by(Bank.created_at)):
            click.echo(f"{bank.id}  {bank.store.name}: {bank.name}")


@cli.command()
@click.argument("bank_id")
@click.option("--minutes", default=int(ENROLMENT_LIFE.total_seconds() // 60), show_default=True)
def enrolment_code(bank_id: str, minutes: int) -> None:
    """Make a one-time code with which a machine becomes a bank's bridge."""
    with _service().database.transaction() as session:
        bank = session.get(Bank, bank_id)
        if bank is None:
            raise click.ClickException("There is no bank with this id. List them with: python -m bopis.cli banks")
        code = new_enrolment_code(session, bank, clock.now(), dt.timedelta(minutes=minutes))
    click.echo(code)


@cli.command()
@click.argument("vendor", type=click.Choice(sorted(TYPED_IN)))
@click.argument("account")
@click.option("--merchant", "merchant_id", default="", help="Its id; needed only when there are several.")
@click.option("--also", multiple=True, help="The name, never the value, of what not every account has.")
def connect(vendor: str, account: str, merchant_id: str, also: tuple[str, ...]) -> None:
    """Keep the secrets of an account, new or in place of older ones.

    They are asked for, one after another, and not shown; or read from standard input, a line each. Never give a secret
    as an argument: arguments are seen by everybody on the machine and kept by the shell.
    """
    wanted, service = TYPED_IN[vendor], _service()
    account = wanted.name_of(account)
    if not account:
        raise click.ClickException(f"Say which account it is. {wanted.account}.")
    if not set(also) <= {*wanted.also, *wanted.optional}:
        raise click.ClickException(f"--also may name: {', '.join([*wanted.also, *wanted.optional]) or 'nothing here'}.")
    hidden, shown = ([name for name in also if name in known] for known in (wanted.also, wanted.optional))
    secrets = {name: _typed(name, hidden=True) for name in (*wanted.secrets, *hidden)}
    settings = {name: _typed(name, hidden=False) for name in (*wanted.settings, *shown)}
    now = clock.now()
    with service.database.transaction() as session:
        merchant = _merchant(session, merchant_id)
        is_platform = vendor in service.gateways.platforms
        kept = type_in(session, merchant, vendor, account, secrets, settings, now, is_platform=is_platform)
        if vendor in service.gateways.payments:
            kept.payments_at = now
        revive(session, kept.id, now)
        click.echo(f"{kept.id}  {vendor} {account} of {merchant.name}")
    click.echo("Kept, sealed. See whether it lets us in: python -m bopis.cli doctor")


def _typed(name: str, *, hidden: bool) -> str:
    label = name.replace("_", " ")
    asked = click.prompt(label, hide_input=hidden, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    value = str(asked).strip()
    if not value or not value.isprintable():
        raise click.ClickException(f"There is no {label}, or it holds signs that cannot be typed. Nothing was kept.")
    return value


def _merchant(session: Session, merchant_id: str) -> Merchant:
    found = list(session.scalars(select(Merchant).order_by(Merchant.created_at).limit(20)))
    chosen = [merchant for merchant in found if merchant.id == merchant_id or (not merchant_id and len(found) == 1)]
    if not chosen and merchant_id:
        chosen = [merchant for merchant in (session.get(Merchant, merchant_id),) if merchant]
    if not chosen:
        known = "".join(f"\n  {merchant.id}  {merchant.name}" for merchant in found)
        raise click.ClickException(f"Say whose it is, with --merchant:{known}")
    return chosen[0]


@cli.group("item-sizes")
def item_sizes() -> None:
    """What room a merchant's items need."""


@item_sizes.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--merchant", "merchant_id", default="", help="Its id; needed only when there are several.")
def import_item_sizes(file: Path, merchant_id: str) -> None:
    """Take over a CSV table, whole or not at all. What it does not name stays as it is.

    Columns: sku; and as far as known size (S, M, L, XL, none), height_mm, width_mm, depth_mm, grams, category, needs
    (upright, chilled, frozen, accessible, with blanks between).
    """
    try:
        items = item_table.read(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as problem:
        raise click.ClickException(f"{file.name} is not UTF-8. Save it as “CSV UTF-8”. Nothing was kept.") from problem
    except item_table.BadTable as problem:
        shown = "\n".join(str(problem).splitlines()[:_MISTAKES_SHOWN])
        more = len(problem.mistakes) - _MISTAKES_SHOWN
        rest = f"\nand {more} more" if more > 0 else ""
        raise click.ClickException(f"{file.name} was not taken over; nothing was kept.\n{shown}{rest}") from problem
    with _service().database.transaction() as session:
        merchant = _merchant(session, merchant_id)
        new, known = take_over(session, merchant.id, items)
    click.echo(f"{new} new items, {known} changed.")


_MISTAKES_SHOWN = 20


@cli.command("dead-letters")
def list_dead_letters() -> None:
    """List what was given up: deliveries that could not be processed, effects that could not be done."""
    with _service().database.reading() as session:
        for entry in dead_letters(session):
            kind = entry.topic if isinstance(entry, InboxEntry) else entry.kind
            click.echo(f"{entry.id}  {kind}  after {entry.attempts} attempts: {entry.outcome}")


@cli.command("replay")
@click.argument("entry_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter.")
def replay_dead_letters(entry_ids: tuple[str, ...], everything: bool) -> None:
    """Let dead letters be tried again."""
    with _service().database.transaction() as session:
        chosen: list[InboxEntry | OutboxEntry] = [
            entry for entry in dead_letters(session) if everything or entry.id in entry_ids
        ]
        for entry in chosen:
            replay(session, entry, clock.now())
    missing = set(entry_ids) - {entry.id for entry in chosen}
    if missing:
        raise click.ClickException(f"Not a dead letter: {', '.join(sorted(missing))}")
    click.echo(f"{len(chosen)} will be tried again.")


@cli.command()
@click.option("--offline", is_flag=True, help="Ask no shop and no provider.")
def doctor(offline: bool) -> None:
    """Check that everything is in its place; say what to do where it is not. Exit code 1 when something fails."""
    failed = False
    try:
        findings = examine(_service(), offline=offline)
        for finding in itertools.chain([Finding(OK, "settings", "complete")], findings):
            failed = failed or finding.level == FAIL
            click.echo(f"{finding.level:<4}  {finding.about}: {finding.words}{'. ' + finding.do if finding.do else ''}")
    except BadSetting as problem:
        failed = True
        click.echo(f"{FAIL:<4}  settings: {problem}")
    if failed:
        sys.exit(1)


def _service() -> Service:
    return build(Settings.from_env())


cli_access.add(cli, _service, _merchant)
cli_orders.add(cli, _service)


def main() -> None:
    """Run a command; what goes wrong is one sentence."""
    try:
        cli()
    except (BadSetting, BopisError) as problem:
        sys.exit(f"bopis: {problem}")


if __name__ == "__main__":
    main()
