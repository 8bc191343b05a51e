"""The e-mails themselves, pure: plain text, and simple HTML that says the same and loads nothing from anywhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from bopis.stores.holding import AFTER_4_HOURS, AFTER_A_DAY, LAST_CHANCE
from bopis.stores.times import in_store, in_words

_NAME = "padding:2px 16px 2px 0;opacity:.75;vertical-align:top"
_CODE = "margin:20px 0;font-size:32px;line-height:40px;font-weight:700;letter-spacing:2px"


@dataclass(frozen=True)
class Written:
    """One e-mail's words."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def ready(*, store: str, order: str, at_counter: bool, renewed: bool = False, **facts: Any) -> Written:
    """The e-mail that carries the code: who, which order, the code, where, until when, and the link with the QR.

    Takes the facts that `_written` names. The code never stands in the subject: that is what a locked screen shows.
    """
    # What others named may hold line breaks, and a subject is one line.
    store, order = _one_line(store), _one_line(order)
    lead = f"Your order {order} is ready {'at the counter' if at_counter else 'in our lockers'}."
    subject = f"{order} is ready at {store}"
    if renewed:
        lead = f"Your order {order} has a new code. The one we sent before no longer works."
        subject = f"{order} has a new code"
    return _written(subject, lead, store=store, at_counter=at_counter, **facts)


def at_counter_now(*, store: str, order: str, **facts: Any) -> Written:
    """The e-mail that says that an order left its locker for the counter; facts as in `ready`."""
    store, order = _one_line(store), _one_line(order)
    lead = f"Your order {order} is now at the counter, and still yours. Its code has not changed."
    return _written(f"{order} is now at the counter of {store}", lead, store=store, **facts)


def in_locker_now(*, store: str, order: str, **facts: Any) -> Written:
    """The e-mail that says that an order left the counter for a locker; facts as in `ready`."""
    store, order = _one_line(store), _one_line(order)
    lead = f"Your order {order} is now in our lockers, so you need not wait at the counter. Its code has not changed."
    return _written(f"{order} is now in a locker at {store}", lead, store=store, **facts)


def reminder(
    *, template: str, said_at: dt.datetime, store: str, order: str, until: dt.datetime, time_zone: str, **facts: Any
) -> Written:
    """The e-mail that says how long an order still waits, and carries the code again; facts as in `ready`."""
    store, order, when = _one_line(store), _one_line(order), in_words(until, said_at, time_zone)
    subject, lead = {
        AFTER_4_HOURS: (f"{order} waits for you at {store}", f"Your order {order} waits for you until {when}."),
        AFTER_A_DAY: (
            f"{order} still waits for you at {store}",
            f"Your order {order} still waits for you, until {when}.",
        ),
        LAST_CHANCE: (
            f"Last chance to pick up {order}",
            f"We keep your order {order} until {when}. After that it goes back to the store.",
        ),
    }[template]
    return _written(subject, lead, store=store, until=until, time_zone=time_zone, **facts)


def fee_soon(*, fee: str, store: str, order: str, **facts: Any) -> Written:
    """The e-mail that says from when on storage costs something; `fee` is that in words, facts as in `ready`."""
    store, order = _one_line(store), _one_line(order)
    return _written(
        f"{order} waits for you at {store}", f"Your order {order} waits for you. {fee}", store=store, **facts
    )


def hold_over(*, store: str, order: str, address: str, first_name: str, link: str, **_: object) -> Written:
    """The e-mail that says that an order was not collected in time; it carries no code, for that is over."""
    store, order = _one_line(store), _one_line(order)
    lead = f"Your order {order} was not picked up in time, so it goes back to the store. Its code no longer works."
    how = "Do you still want it? Call or visit the store soon."
    end = "Nobody reads answers to this e-mail; the store can help."
    where = ("Where", ", ".join(part for part in (store, _one_line(address)) if part))
    said = _Said(_greeting(first_name), lead, how, None, [where], end)
    return said.written(f"{order} was not picked up in time", "How it stands", link, "See how it stands")


def _written(
    subject: str,
    lead: str,
    *,
    store: str,
    address: str,
    first_name: str,
    code: str | None,
    until: dt.datetime,
    time_zone: str,
    link: str,
    at_counter: bool,
    to_pay: str = "",
) -> Written:
    how = f"Pay {to_pay} on its page, and your code appears there." if to_pay else _how(code, at_counter)
    facts = [
        ("Where", ", ".join(part for part in (store, _one_line(address)) if part)),
        ("Until", f"{in_store(until, time_zone)} ({time_zone.replace('_', ' ')} time)"),
    ]
    end = "Someone else may come for you: pass the code on. Nobody reads answers to this e-mail; the store can help."
    page = "To the payment" if to_pay else "Code, QR and help on one page" if code else "QR and help on one page"
    said = _Said(_greeting(first_name), lead, how, code, facts, end)
    return said.written(subject, page, link, "Pay" if to_pay else "Show the QR")


class _Said(NamedTuple):
    """What an e-mail says, above and below its link."""

    greeting: str
    lead: str
    how: str
    code: str | None
    facts: list[tuple[str, str]]
    end: str

    def written(self, subject: str, page: str, link: str, button: str) -> Written:
        """As text and as HTML; the link is called `page` in the one and `button` in the other."""
        shown = [("Code", self.code)] if self.code else []
        text = "\n".join(
            [self.greeting, "", self.lead, self.how, ""]
            + [f"{name}: {value}" for name, value in shown + self.facts]
            + ["", f"{page}:", link, "", self.end, ""]
        )
        return Written(subject, text, self._html(link, button))

    def _html(self, link: str, button: str) -> str:
        rows = "".join(
            f'<tr><td style="{_NAME}">{name}</td><td>{escape(value)}</td></tr>' for name, value in self.facts
        )
        big = f'<p style="{_CODE}">{escape(self.code)}</p>' if self.code else ""
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            '<meta name="viewport" content="width=device-width"></head>'
            '<body style="margin:0;padding:24px;font:16px/24px system-ui,sans-serif"><div style="max-width:480px">'
            f"<p>{escape(self.greeting)}</p><p>{escape(self.lead)} {self.how}</p>{big}"
            f'<table role="presentation" style="border-collapse:collapse">{rows}</table>'
            f'<p style="margin:24px 0"><a href="{escape(link)}" style="display:inline-block;padding:12px 20px;'
            f'border-radius:6px;background:#0b5a66;color:#ffffff;text-decoration:none;font-weight:600">{button}</a></p>'
            f'<p style="font-size:14px;line-height:20px;opacity:.75">{escape(self.end)}</p></div></body></html>\n'
        )


def _greeting(first_name: str) -> str:
    name = _one_line(first_name)
    return f"Hello {name}," if name else "Hello,"


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _how(code: str | None, at_counter: bool) -> str:
    if not code:
        return "Show its QR at the counter."
    return (
        "Tell us this code there, or show its QR." if at_counter else "Type this code at the lockers, or show its QR."
    )
