"""Pages of the provider's on which shoppers pay: asked for, agreed with, ended. Commits are left to others."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import outbox, sealing
from bopis.ids import new_id
from bopis.merchants.models import Connection
from bopis.messages import BeginCheckout, EndCheckout, ReadCheckout
from bopis.orders.actions import PAY_HERE
from bopis.orders.models import Order
from bopis.payments.models import Checkout
from bopis.pickups.models import Pickup
from bopis.ports import CheckoutSeen

if TYPE_CHECKING:
    from bopis.payments.dues import Owed

LASTS = dt.timedelta(hours=1)
NEARLY_OVER = dt.timedelta(minutes=10)
"""Nobody is sent to a page that ends so soon."""
LOOK_EVERY = dt.timedelta(minutes=5)
LOOK_AGAIN = dt.timedelta(seconds=5)
"""A shopper who looks at their page again and again makes us look no more often than this."""
PATIENCE = dt.timedelta(seconds=30)
"""A shopper who taps again after so long is given another page than the one the provider does not open."""
COMING_BACK = dt.timedelta(hours=24)
"""How long after its end a page still leads back."""
_BACK_BYTES = 16
_LIVE = ("wanted", "open")


def account_for(session: Session, order: Order) -> str:
    """The connection that takes the money of an order's goods; empty when there is none any more."""
    shop = session.get_one(Connection, order.connection_id)
    account = session.get(Connection, shop.settings.get(PAY_HERE) or "")
    return account.id if account is not None and account.merchant_id == order.merchant_id else ""


def live(session: Session, order_id: str) -> Checkout | None:
    """The page on which an order can be paid now, or could be in a moment."""
    mine = (Checkout.order_id == order_id, Checkout.state.in_(_LIVE))
    return session.scalars(select(Checkout).where(*mine).execution_options(populate_existing=True)).first()


def fits(of: Checkout, owed: Owed | None) -> bool:
    """Whether exactly what is owed is paid on it."""
    return owed is not None and (of.goods, of.fee, of.currency, of.connection_id) == (
        owed.goods,
        owed.fee,
        owed.currency,
        owed.account,
    )


def _serves(there: Checkout, pickup: Pickup, owed: Owed, now: dt.datetime) -> bool:
    """Whether a page is the right one, lasts long enough, and is not long in coming."""
    lasts = now + NEARLY_OVER < there.expires_at <= now + LASTS
    comes = there.state == "open" or now < there.created_at + PATIENCE
    return fits(there, owed) and there.pickup_id == pickup.id and lasts and comes


def begin(session: Session, pickup: Pickup, owed: Owed, now: dt.datetime) -> Checkout:
    """The page on which this is paid: the one there is, or a new one that the provider is asked for."""
    there = live(session, pickup.order_id)
    if there is not None:
        if _serves(there, pickup, owed, now):
            return there
        end(session, there, now)
    fresh, token = new_id(), secrets.token_urlsafe(_BACK_BYTES)
    made = Checkout(
        id=fresh,
        merchant_id=pickup.merchant_id,
        connection_id=owed.account,
        order_id=pickup.order_id,
        pickup_id=pickup.id,
        back_hash=_hash(token),
        back_sealed=sealing.seal(token, to=f"checkouts.back:{fresh}"),
        goods=owed.goods,
        fee=owed.fee,
        fee_up_to=owed.fee_up_to,
        currency=owed.currency,
        state="wanted",
        expires_at=now + LASTS,
        created_at=now,
        look_at=now + LASTS,
    )
    session.add(made)
    session.flush()
    outbox.put(session, BeginCheckout(made.id), now, merchant_id=made.merchant_id)
    return made


def end(session: Session, of: Checkout, now: dt.datetime) -> None:
    """Let nothing more be paid on it; whoever is faster is given their money back."""
    if of.state == "wanted" and of.asked_at is None:
        of.state, of.settled_at, of.look_at = "expired", now, None
    elif of.state in _LIVE:
        of.state = "ending"
        outbox.put(session, EndCheckout(of.id), now, merchant_id=of.merchant_id)
    session.flush()


def agree(session: Session, of: Checkout, seen: CheckoutSeen, now: dt.datetime) -> None:
    """Note how it stands. That it is paid is said by its payment alone."""
    of.reference = seen.reference
    if of.state in ("paid", "expired"):
        return
    if seen.url and seen.state == "open":
        of.url_sealed = sealing.seal(seen.url, to=f"checkouts.url:{of.id}")
    if seen.state == "open" and of.state == "wanted":
        of.state = "open"
    elif seen.state == "expired":
        of.state, of.settled_at, of.look_at = "expired", now, None
    elif seen.state == "complete" and seen.payment is None:
        of.state, of.settled_at, of.look_at = "failed", now, None
    if of.look_at is not None:
        of.look_at = now + LOOK_EVERY
    session.flush()


def came_back(session: Session, token: str, now: dt.datetime) -> Pickup | None:
    """The pickup whose shopper comes back from paying; the provider is asked at once how it went."""
    found = session.scalars(select(Checkout).where(Checkout.back_hash == _hash(token)).with_for_update()).first()
    if found is None or found.expires_at + COMING_BACK < now:
        return None
    found.returned_at = now
    look(session, found, "back", now)
    return found.pickup


def look(session: Session, of: Checkout, because: str, now: dt.datetime) -> None:
    """Ask how it stands, unless that is settled."""
    if of.state in ("open", "ending", "wanted") and of.reference is not None:
        of.look_at = now + LOOK_EVERY
        outbox.put(session, ReadCheckout(of.id, f"{because}@{now.isoformat()}"), now, merchant_id=of.merchant_id)
    session.flush()


def watch(session: Session, of: Checkout, now: dt.datetime) -> None:
    """Look at it again, as is due; one that was never opened, or whose name nobody learned, is over by its time."""
    if of.state not in ("wanted", "open", "ending"):
        of.look_at = None
    elif of.reference is not None:
        look(session, of, "watch", now)
    elif of.expires_at <= now:
        of.state, of.settled_at, of.look_at = "expired", now, None
    else:
        of.look_at = min(now + LOOK_EVERY, of.expires_at)
    session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
