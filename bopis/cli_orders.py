"""`python -m bopis.cli orders`: orders taken over from a file, where there is no page at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy import select

from bopis import clock
from bopis.merchants.models import Connection
from bopis.orders.dropping import drop
from bopis.ports import BadOrders
from bopis.wiring import Service

_MISTAKES_SHOWN = 20


def add(cli: click.Group, service: Callable[[], Service]) -> None:
    """Put the commands under `cli`."""

    @cli.group("orders")
    def orders() -> None:
        """Orders of shops that speak our own schema."""

    @orders.command("import")
    @click.argument("account")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def import_orders(account: str, file: Path) -> None:
        """Take the orders of a CSV file over, all or none, as if the shop ACCOUNT had sent them.

        Columns: see docs/standard-orders.md. The same file twice is taken over once.
        """
        with_what = service()
        intake = with_what.gateways.orders
        assert intake is not None
        try:
            found = intake.from_table(file.read_text(encoding="utf-8"), clock.now())
        except UnicodeDecodeError as problem:
            raise click.ClickException(
                f"{file.name} is not UTF-8. Save it as “CSV UTF-8”. Nothing was kept."
            ) from problem
        except BadOrders as problem:
            raise click.ClickException(_said(file.name, problem)) from problem
        with with_what.database.transaction() as session:
            theirs = (Connection.vendor == intake.vendor, Connection.account_name == account)
            shop = session.scalars(select(Connection).where(*theirs)).first()
            if shop is None:
                raise click.ClickException(f"No {intake.vendor} shop named {account} is connected. Nothing was kept.")
            dropped = drop(session, shop.account(), found, clock.now())
        click.echo(f"{dropped.fresh} orders taken over, {dropped.known} known already.")


def _said(name: str, problem: BadOrders) -> str:
    shown = "\n".join(str(problem).splitlines()[:_MISTAKES_SHOWN])
    more = len(problem.mistakes) - _MISTAKES_SHOWN
    rest = f"\nand {more} more" if more > 0 else ""
    return f"{name} was not taken over; nothing was kept.\n{shown}{rest}"
