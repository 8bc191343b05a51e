"""A shopper reminded of what waits: each reminder once, none in quiet hours, none once it is collected."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bopis import outbox
from bopis.messages import FEE_SOON, HOLD_OVER, PAY_FIRST, MailShopper, TellShopper
from bopis.pickups import holding
from bopis.pickups.models import Pickup
from bopis.stores.holding import LAST_CHANCE, REMINDERS, is_quiet, quiet_until


def remind(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """Send the reminder that is due, of several the last one; expects the store's lock and a hold that lasts.

    What is late is not made up for: after an outage a shopper hears once how it stands, and not in the night.
    """
    assert pickup.store is not None and pickup.hold_until is not None
    said = REMINDERS.index(pickup.reminded) if pickup.reminded else -1
    due = [each.template for each in holding.plan(pickup) if each.at <= now]
    due = [template for template in due if REMINDERS.index(template) > said]
    if due and holding.is_pinned(pickup, now):
        assert pickup.pinned_until is not None
        _look_again(pickup, pickup.pinned_until, now)
        return
    if due and now < pickup.hold_until:
        rules, zone = holding.rules_of(pickup.store), ZoneInfo(pickup.store.time_zone)
        if is_quiet(now, rules, zone):
            _look_again(pickup, quiet_until(now, rules, zone), now)
            return
        pickup.reminded = due[-1]
        tell(session, pickup, due[-1], (pickup.hold_number or 1) if due[-1] == LAST_CHANCE else 1, now)
    pickup.due_at = holding.next_due(pickup, now)
    session.flush()


def tell_over(session: Session, pickup: Pickup, now: dt.datetime) -> None:
    """Tell that the hold has ended, once for each end, if the merchant wants that; of the night's in the morning."""
    assert pickup.store is not None
    rules, zone = holding.rules_of(pickup.store), ZoneInfo(pickup.store.time_zone)
    if rules.tell_over and is_quiet(now, rules, zone):
        pickup.due_at = quiet_until(now, rules, zone)
        return
    pickup.due_at = None
    if rules.tell_over:
        tell(session, pickup, HOLD_OVER, pickup.hold_number or 1, now)


def tell(session: Session, pickup: Pickup, template: str, version: int, now: dt.datetime) -> None:
    """Have the shopper told, once for this template and version; somebody who cannot be reached is told nothing."""
    if pickup.order.phone_sealed is not None:
        outbox.put(session, TellShopper(pickup.id, template, version), now, merchant_id=pickup.merchant_id)
    elif pickup.order.email_sealed is not None:
        outbox.put(session, MailShopper(pickup.id, template, version), now, merchant_id=pickup.merchant_id)


def is_still_right(pickup: Pickup, template: str, version: int, now: dt.datetime) -> bool:
    """Whether a message that was asked for some time ago still says what is so."""
    if template == FEE_SOON:
        return pickup.state == "ready" and not pickup.fee_due
    if template == PAY_FIRST and not pickup.is_unpaid():
        return False  # the one with the code is on its way
    if template == HOLD_OVER:
        return pickup.state in ("expired", "returned") and version == pickup.hold_number
    if template not in REMINDERS:
        return pickup.state in ("ready", "expired")
    is_over = pickup.state != "ready" or pickup.hold_until is None or pickup.hold_until <= now
    return not is_over and (template != LAST_CHANCE or version == pickup.hold_number)


def _look_again(pickup: Pickup, at: dt.datetime, now: dt.datetime) -> None:
    assert pickup.hold_until is not None
    pickup.due_at = min(max(at, now + dt.timedelta(minutes=1)), pickup.hold_until + holding.GRACE)
