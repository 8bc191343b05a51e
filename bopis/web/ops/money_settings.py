"""What a merchant chooses about money: when it is taken, whether orders are paid here, what storage costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, request
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bopis import clock
from bopis.db import Database
from bopis.errors import Invalid, NotFound
from bopis.merchants.models import Connection, Merchant
from bopis.orders.actions import PAY_HERE
from bopis.payments.rules import MOMENTS
from bopis.payments.rules_amounts import read, written
from bopis.payments.rules_fee import PER, Terms
from bopis.pickups.models import Pickup
from bopis.web.ops.common import done, me

_CURRENCY_LETTERS = 3


@dataclass(frozen=True)
class Choices:
    """What is chosen now. `shops`: each shop and the account its unpaid orders are paid through, empty for none."""

    shops: list[tuple[Connection, str]]
    terms: Terms | None
    amount: str
    cap: str


def choices(session: Session, merchant_id: str, accounts: Sequence[Connection]) -> Choices:
    """What a merchant chose about paying here and about storage."""
    shops = session.scalars(
        select(Connection)
        .where(Connection.merchant_id == merchant_id, Connection.reconcile_at.is_not(None))
        .order_by(Connection.created_at)
    )
    known = {account.id for account in accounts}
    terms = Terms.of(session.get_one(Merchant, merchant_id).storage_fee)
    return Choices(
        [(shop, named if (named := shop.settings.get(PAY_HERE, "")) in known else "") for shop in shops],
        terms,
        _typed(terms.amount, terms.currency) if terms else "",
        _typed(terms.cap, terms.currency) if terms and terms.cap else "",
    )


def add(routes: Blueprint, database: Database, holders: frozenset[str]) -> None:
    """`POST /ops/money/accounts/<connection>/policy` (capture_at, capture_early),
    `/ops/money/shops/<connection>/pay-here` (account, or empty), `/ops/money/storage` (account, or empty; amount,
    currency, per, free_hours, cap)."""

    @routes.post("/money/accounts/<connection_id>/policy")
    def set_policy(connection_id: str) -> BaseResponse:
        moment = request.form.get("capture_at", "")
        with database.transaction() as session:
            account = _account(session, connection_id, holders)
            if moment not in MOMENTS:
                raise Invalid("bad_moment", "Choose when the money is taken.")
            early = "yes" if request.form.get("capture_early") == "yes" else "no"
            account.settings = {**account.settings, "capture_at": moment, "capture_early": early}
        return done("ops.money")

    @routes.post("/money/shops/<connection_id>/pay-here")
    def set_pay_here(connection_id: str) -> BaseResponse:
        with database.transaction() as session:
            shop = session.get(Connection, connection_id, with_for_update=True)
            if shop is None or shop.merchant_id != me().merchant_id or shop.reconcile_at is None:
                raise NotFound("unknown_connection", "There is no such shop.")
            wanted = request.form.get("account", "")
            shop.settings = {**shop.settings, PAY_HERE: _account(session, wanted, holders).id if wanted else ""}
        return done("ops.money")

    @routes.post("/money/storage")
    def set_storage_fee() -> BaseResponse:
        with database.transaction() as session:
            merchant = session.get_one(Merchant, me().merchant_id, with_for_update=True)
            wanted = request.form.get("account", "")
            merchant.storage_fee = _terms(_account(session, wanted, holders).id).kept() if wanted else None
            # What lies ready is looked at anew, under the new terms.
            session.execute(
                update(Pickup)
                .where(Pickup.merchant_id == merchant.id, Pickup.closed_at.is_(None), Pickup.ready_at.is_not(None))
                .values(fee_at=clock.now())
                .execution_options(synchronize_session=False)
            )
        return done("ops.money")


def _account(session: Session, connection_id: str, holders: frozenset[str]) -> Connection:
    account = session.get(Connection, connection_id, with_for_update=True)
    if account is None or account.merchant_id != me().merchant_id or account.vendor not in holders:
        raise NotFound("unknown_connection", "There is no such account.")
    return account


def _terms(account: str) -> Terms:
    currency = request.form.get("currency", "").strip().upper()
    if len(currency) != _CURRENCY_LETTERS or not currency.isascii() or not currency.isalpha():
        raise Invalid("bad_currency", "Write the currency with three letters, such as EUR.")
    per, hours, cap = (
        request.form.get("per", ""),
        request.form.get("free_hours", "").strip(),
        request.form.get("cap", ""),
    )
    return Terms.checked(
        amount=read(request.form.get("amount", ""), currency),
        currency=currency,
        per=per if per in PER else "",
        free_hours=int(hours) if hours.isascii() and hours.isdecimal() and len(hours) < 5 else 0,
        cap=read(cap, currency) if cap.strip() and per == "day" else 0,
        account=account,
    )


def _typed(amount: int, currency: str) -> str:
    return written(amount, currency).rpartition(" ")[0].replace("\u202f", "")
