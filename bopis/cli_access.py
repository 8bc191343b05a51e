"""`python -m bopis.cli api-keys`: programs let in and shut out, where there is no page at hand."""

from __future__ import annotations

from collections.abc import Callable

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import clock
from bopis.access.actions import create, revoke
from bopis.access.models import ApiKey
from bopis.access.queries import keys_of
from bopis.access.scopes import SCOPES
from bopis.merchants.models import Merchant
from bopis.stores.models import Store
from bopis.wiring import Service

_ACTOR = "system"


def add(cli: click.Group, service: Callable[[], Service], merchant: Callable[[Session, str], Merchant]) -> None:
    """Put the commands under `cli`. `merchant` finds the one that is meant, or says which there are."""
    whose = click.option("--merchant", "merchant_id", default="", help="Its id; needed only when there are several.")

    @cli.group("api-keys")
    def api_keys() -> None:
        """Keys with which a merchant's programs are let in."""

    @api_keys.command("create")
    @click.argument("name")
    @click.option(
        "--scope",
        "scopes",
        multiple=True,
        required=True,
        type=click.Choice(list(SCOPES)),
        help="What it may do; repeat.",
    )
    @click.option("--store", "store_id", default=None, help="The id of the one store it sees; else it sees all.")
    @whose
    def create_key(name: str, scopes: tuple[str, ...], store_id: str | None, merchant_id: str) -> None:
        """Make a key for NAME and print it, this once."""
        with service().database.transaction() as session:
            owner = merchant(session, merchant_id)
            _check_store(session, owner, store_id)
            made = create(session, owner.id, name, scopes, clock.now(), actor=_ACTOR, store_id=store_id)
        click.echo(made.text)

    @api_keys.command("list")
    @whose
    def list_keys(merchant_id: str) -> None:
        """List keys by how they begin."""
        with service().database.reading() as session:
            for key in keys_of(session, merchant(session, merchant_id).id):
                used = f"last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
                click.echo(f"{key.prefix}  {'out of use' if key.revoked_at else used}  {key.scopes}  {key.name}")

    @api_keys.command("revoke")
    @click.argument("prefix")
    def revoke_key(prefix: str) -> None:
        """Take a key back, by how it begins."""
        with service().database.transaction() as session:
            found = session.scalars(select(ApiKey).where(ApiKey.prefix == prefix)).first()
            if found is None:
                raise click.ClickException("No key begins so. List them with: python -m bopis.cli api-keys list")
            revoke(session, found, clock.now(), actor=_ACTOR)
        click.echo(f"{found.name} is let in no more.")


def _check_store(session: Session, owner: Merchant, store_id: str | None) -> None:
    known = list(session.scalars(select(Store).where(Store.merchant_id == owner.id).order_by(Store.name)))
    if store_id is not None and store_id not in {store.id for store in known}:
        lines = "".join(f"\n  {store.id}  {store.name}" for store in known)
        raise click.ClickException(f"There is no such store. There are:{lines}")
