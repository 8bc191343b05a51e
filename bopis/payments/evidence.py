"""What is sent to a shopper's bank: what happened to the goods and to the money, as it was written down at the time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bopis import timeline
from bopis.payments.models import Authorisation
from bopis.payments.rules_amounts import written
from bopis.payments.words import STATES
from bopis.pickups.models import Pickup

if TYPE_CHECKING:
    from fpdf import FPDF

_SIZE, _LINE, _MARGIN = 10, 5.2, 18.0
"""Points, and millimetres."""
_TOLD = ("reason", "door", "sum", "evidence", "item", "cause")
"""Of a timeline entry's detail, what a reader outside can use."""


def pack(session: Session, payment: Authorisation, now: dt.datetime) -> dict[str, Any]:
    """The evidence as plain values: the payment, and each of the order's pickups with its whole timeline.

    Nothing in it says who the shopper is: a timeline holds no name, number or code, and the bank knows its customer.
    """
    pickups = session.scalars(select(Pickup).where(Pickup.order_id == payment.order_id).order_by(Pickup.id)).all()
    name = payment.order.name if payment.order else payment.order_name or payment.order_key
    return {
        "made_at": now.isoformat(),
        "order": name,
        "payment": {
            "reference": payment.reference,
            "state": STATES[payment.state],
            "authorised": written(payment.authorised, payment.currency),
            "captured": written(payment.captured, payment.currency),
            "refunded": written(payment.refunded, payment.currency),
            "disputed_at": payment.disputed_at.isoformat() if payment.disputed_at else None,
        },
        "pickups": [_pickup(session, pickup) for pickup in pickups] if payment.order_id else [],
    }


def _pickup(session: Session, pickup: Pickup) -> dict[str, Any]:
    told = timeline.entries(session, pickup.id)
    return {
        "pickup": pickup.id,
        "store": pickup.store.name if pickup.store else pickup.location_name,
        "address": pickup.store.address if pickup.store else "",
        "state": pickup.state,
        "lines": [{name: line.get(name) for name in ("title", "sku", "quantity")} for line in pickup.lines],
        "unbroken": timeline.first_break(told) is None,
        "timeline": [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "what": entry.what,
                "by": entry.actor.partition(":")[0],
                "detail": {name: entry.detail[name] for name in _TOLD if entry.detail.get(name)},
                "hash": entry.hash,
            }
            for entry in told
        ],
    }


def as_pdf(evidence: dict[str, Any]) -> bytes:
    """The same on paper."""
    from fpdf import FPDF  # only here: it costs a process 45 MB, and is needed once in a while

    page = FPDF(format="A4")
    page.set_margin(_MARGIN)
    page.set_title(f"Evidence for order {evidence['order']}")
    page.set_auto_page_break(True, margin=_MARGIN)
    page.add_page()
    _line(page, f"Order {evidence['order']}", size=18, bold=True)
    for name, value in evidence["payment"].items():
        if value:
            _line(page, f"{name.replace('_', ' ').capitalize()}: {value}")
    for pickup in evidence["pickups"]:
        _pickup_on(page, pickup)
    _line(page, "")
    _line(page, f"Made {evidence['made_at']}.", size=8)
    return bytes(page.output())


def _pickup_on(page: FPDF, pickup: dict[str, Any]) -> None:
    _line(page, "")
    _line(page, f"{pickup['store']}, {pickup['address']}", size=13, bold=True)
    for line in pickup["lines"]:
        _line(page, f"{line['quantity']} x {line['title']} {line['sku'] or ''}")
    holds = "Each entry is sealed by the one before; the chain is unbroken."
    _line(page, holds if pickup["unbroken"] else "The chain of entries is broken: do not rely on this timeline.")
    for entry in pickup["timeline"]:
        detail = ", ".join(f"{name} {value}" for name, value in entry["detail"].items())
        what = entry["what"].replace("_", " ")
        _line(page, f"{entry['number']}.  {entry['at'][:19]} UTC  {what}  ({entry['by']})  {detail}")
        _line(page, entry["hash"], size=6)


def _line(page: FPDF, text: str, *, size: int = _SIZE, bold: bool = False) -> None:
    page.set_font("Helvetica", "B" if bold else "", size)
    # The core fonts hold Latin-1 only; the JSON holds every sign.
    plain = text.replace("\u202f", " ").replace("−", "-").replace("’", "'")
    shown = plain.encode("latin-1", "replace").decode("latin-1")
    page.multi_cell(0, max(_LINE * size / _SIZE, 2.8), shown, new_x="LMARGIN", new_y="NEXT")
