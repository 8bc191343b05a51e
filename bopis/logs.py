"""Logs to standard error, one JSON line each, or plain text where `LOG_FORMAT=text`.

Nothing secret is logged by construction: ids, kinds and reasons only. `hide` is the last line, for what slips through.
What a line is about travels with the work (`about`): a delivery's id from its receipt on, and from then on the
pickup's, through effects and door commands to what the doors did. So one pickup's id finds its whole way.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any

OURS = ("bopis", "webhooks", "integrations")
REQUESTS = "bopis.web.requests"
_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))
# Each with a sign without which there is none: a line a request is logged, and a search costs more than a look.
_SECRETS = (
    ("LKR1:", re.compile(r"LKR1:[\w+/=-]+")),  # a QR
    ("/p/", re.compile(r"(?<=/p/)[\w-]{16,}")),  # a shopper's link
    ("@", re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")),  # an e-mail address
    ("+", re.compile(r"\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)")),  # a phone number, E.164 or as people space it
    # A code, as it is typed or written. Its first digit is looked for first, and only then what stands before it.
    ("", re.compile(r"[\d](?<![\w.].)\d{2}([ -]?)\d{3}\1\d{3}(?![\w])")),
)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Say in every line logged inside what it is about; what is None or empty is left out."""
    token = _about.set({**_about.get(), **_said(ids)})
    try:
        yield
    finally:
        _about.reset(token)


def its(**ids: object) -> dict[str, Any]:
    """The same for one line: `log.info(..., extra=its(pickup=...))`."""
    return {"about": _said(ids)}


def hide(text: str) -> str:
    """The text without what looks like a code, a QR, a link, a phone number or an e-mail address."""
    for sign, secret in _SECRETS:
        if sign in text:
            text = secret.sub("[hidden]", text)
    return text


@lru_cache(maxsize=512)
def _field(name: str, value: str) -> str:
    """A field of a line as JSON, with nothing secret in it. Kept for a while: what one line says, the next says too."""
    return hide(f'"{name}": {_ENCODER.encode(value)}')


class Written(logging.LogRecord):
    """A record for a line that is logged a thousand times a second: of ids, kinds and numbers, most of them known.

    To whoever is not `JsonLines` it is as others are, which spend half their time on what no line of ours says.
    """

    def __init__(self, logger: str, level: int, message: str, about: dict[str, str | float]) -> None:
        self.__dict__ |= _NOTHING_IN_PARTICULAR
        self.name, self.levelno, self.levelname = logger, level, logging.getLevelName(level)
        self.created, self.msg, self.about = time.time(), message, about

    @property
    def written(self) -> str:
        """Its fields as JSON."""
        told = {"message": self.msg, **self.about}
        return ", ".join([_field(*it) if type(it[1]) is str else f'"{it[0]}": {it[1]}' for it in told.items()])


_NOTHING_IN_PARTICULAR = vars(logging.makeLogRecord({}))
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, message, what it is about, and the trace of an error."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        written = record.written if isinstance(record, Written) else self._written(record)
        # What we write ourselves needs no escaping, and is nothing to hide.
        return f'{{"at": "{at}", "level": "{record.levelname.lower()}", "logger": "{record.name}", {written}}}'

    def _written(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"message": record.getMessage(), **_of(record)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return hide(_ENCODER.encode(line))[1:-1]


class PlainLines(logging.Formatter):
    """For people who watch: level, logger, message, and what it is about in brackets."""

    def format(self, record: logging.LogRecord) -> str:
        said = " ".join(f"{name}={value}" for name, value in _of(record).items())
        return hide(super().format(record) + (f" [{said}]" if said else ""))


class StandardError(logging.Handler):
    """Writes each line at once, whole, and under no lock: to write lets other threads run, who would wait for it."""

    def handle(self, record: logging.LogRecord) -> bool:
        try:
            os.write(2, f"{self.format(record)}\n".encode(errors="backslashreplace"))
        except Exception:  # noqa: BLE001
            self.handleError(record)
        return True


def start_logging(environ: Mapping[str, str] = os.environ) -> None:
    """Log what we say at INFO, and what libraries say only when something is wrong."""
    plain = environ.get("LOG_FORMAT") == "text"
    # No line of ours names them, and to find them out costs a third of a line (Python's logging documentation,
    # "Optimization").
    logging._srcfile = None  # type: ignore[attr-defined]
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = StandardError()
    handler.setFormatter(PlainLines("%(levelname)s %(name)s: %(message)s") if plain else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    # Who watches does not want a line for every time a page asks for news.
    logging.getLogger(REQUESTS).setLevel(logging.WARNING if plain else logging.INFO)
    server = logging.getLogger("gunicorn.error")
    server.handlers.clear()
    server.propagate = True


def _of(record: logging.LogRecord) -> dict[str, object]:
    return {**_about.get(), **getattr(record, "about", {})}


def _said(ids: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in ids.items() if value not in (None, "")}
