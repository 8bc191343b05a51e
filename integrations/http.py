"""The one outgoing HTTP session: time-outs, no redirects, safe retries only, and failures said in our three words.

A caller gets an `Answer` for whatever status came back, and reads it itself; what never came back is one of
`TemporaryFailure` (nothing was sent, or asking again is harmless), `OutcomeUnknown` (it may have been done) or
`PermanentFailure` (the request cannot be made at all).
"""

from __future__ import annotations

import email.utils
import json
import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
LONGEST_ANSWER_SECONDS = 30.0
LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_WAIT_SECONDS = 86400.0

log = logging.getLogger(__name__)
# urllib3 writes whole URLs, and a vendor's query may hold a phone number.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Answer:
    """What came back: a status, headers that ignore case, and at most `LARGEST_ANSWER` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8, which every vendor here speaks; what is not becomes a replacement sign."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, integers exact at any size. Raises ValueError."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except RecursionError:
            raise ValueError("nested too deep") from None

    @property
    def retry_after(self) -> float | None:
        """Seconds the sender asks us to wait (RFC 9110, 10.2.3), a date measured against the answer's own Date."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return min(float(value), LONGEST_WAIT_SECONDS)
        try:
            until = email.utils.parsedate_to_datetime(value)
            sent = email.utils.parsedate_to_datetime(self.headers.get("Date", ""))
            return min(max((until - sent).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
        except (TypeError, ValueError):
            return None


def call(
    method: str,
    url: str,
    *,
    safe: bool,
    headers: Mapping[str, str] | None = None,
    params: Any = None,
    data: Any = None,
    auth: tuple[str, str] | None = None,
    read_seconds: float = READ_SECONDS,
) -> Answer:
    """Make one request; `safe` says that asking twice changes nothing, and allows one more try when the line broke.

    Raises TemporaryFailure, OutcomeUnknown or PermanentFailure when no whole answer came back.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    tries = 2 if safe else 1
    while True:
        tries -= 1
        started = time.monotonic()
        try:
            answer = _once(method, url, headers, params, data, auth, read_seconds)
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            failure = _failure(error, safe, host)
            log.warning("%s %s failed %s %d ms", method, host, failure.code, _ms_since(started))
            if tries and isinstance(error, requests.ConnectionError) and not isinstance(error, requests.Timeout):
                continue
            # The vendor's URL, perhaps with a phone number in its query, stands in the original error.
            raise failure from None
        log.info("%s %s %d %d ms", method, host, answer.status, _ms_since(started))
        return answer


def scrub(text: str) -> str:
    """A vendor's own words made fit for a log: no run of digits long enough to be a number or a code, and short."""
    return re.sub(r"\+?\d(?:[ ().-]{0,2}\d){4,}", "…", " ".join(text.split()))[:200]


def _once(method: str, url: str, headers: Any, params: Any, data: Any, auth: Any, read_seconds: float) -> Answer:
    deadline = time.monotonic() + max(LONGEST_ANSWER_SECONDS, read_seconds)
    with _session.request(
        method,
        url,
        headers=headers,
        params=params,
        data=data,
        auth=auth or _keep_as_is,
        timeout=(CONNECT_SECONDS, read_seconds),
        allow_redirects=False,
        stream=True,
    ) as response:
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise _TooLarge
            if time.monotonic() > deadline:
                raise requests.ReadTimeout
        return Answer(response.status_code, response.headers, bytes(body))


class _TooLarge(requests.RequestException):
    pass


_CANNOT_BE_MADE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,
)


def _failure(error: Exception, safe: bool, host: str) -> EffectError:
    if isinstance(error, _CANNOT_BE_MADE):
        return PermanentFailure("bad_request", "the address or the credentials cannot be put into a request")
    if isinstance(_cause(error), ssl.SSLCertVerificationError):
        return TemporaryFailure("bad_certificate", f"{host} shows a certificate that is not trusted")
    if _nothing_was_sent(error):
        return TemporaryFailure("not_reached", f"{host} could not be reached")
    kind: Callable[[str, str], EffectError] = TemporaryFailure if safe else OutcomeUnknown
    if isinstance(error, _TooLarge):
        return kind("answer_too_large", f"{host} sent more than {LARGEST_ANSWER} bytes")
    return kind("no_answer", f"{host} did not answer in time or broke off")


def _nothing_was_sent(error: Exception) -> bool:
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    return isinstance(_reason(error), NewConnectionError)


def _reason(error: Exception) -> object:
    """What urllib3 says it was."""
    reason = error.args[0] if error.args else None
    return reason.reason if isinstance(reason, MaxRetryError) else reason


def _cause(error: Exception) -> object:
    """What the line itself says it was."""
    return (getattr(_reason(error), "args", ()) or (None,))[0]


def _keep_as_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Given as the authentication when there is none, so that requests does not look into a .netrc file."""
    return request


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers["User-Agent"] = "bopis-lockers"
    _open_pools(session)
    return session


def _open_pools(session: requests.Session) -> None:
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0, pool_connections=16, pool_maxsize=16))


_session = _new_session()
# A forked worker must not write into its parent's open connections.
os.register_at_fork(after_in_child=lambda: _open_pools(_session))
