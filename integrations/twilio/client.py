"""The official client, its requests carried by our own session."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit, urlunsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bopis.errors import PermanentFailure
from bopis.ports import Account
from integrations import http
from integrations.twilio import failures

log = logging.getLogger(__name__)


class OurHttpClient(HttpClient):
    """Sends what the official client asks for to `base_url`, with our time-outs, and logs no number.

    Only reading is repeated by itself: a text asked for twice is a text sent twice.
    """

    def __init__(self, base_url: str, read_seconds: float) -> None:
        super().__init__(log, is_async=False, timeout=read_seconds)
        self._base = urlsplit(base_url)
        self._read_seconds = read_seconds

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request; only a 2xx comes back. Raises TemporaryFailure, OutcomeUnknown or PermanentFailure."""
        parts = urlsplit(uri)
        path = self._base.path.rstrip("/") + parts.path
        answer = http.call(
            method.upper(),
            urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, "")),
            safe=method.upper() == "GET",
            headers=headers,
            params=params,
            data=data,
            auth=auth,
            read_seconds=timeout or self._read_seconds,
        )
        failure = failures.of_answer(answer, sending=method.upper() != "GET")
        if failure:
            raise failure
        return Response(answer.status, answer.text, answer.headers)


def open_client(account: Account, carrier: HttpClient) -> Client:
    """The official client for one account. Raises PermanentFailure when the connection lacks its credentials."""
    token = account.secrets.get("auth_token", "")
    if not account.name or not token:
        raise PermanentFailure("credentials_missing", "the connection has no account id or no auth token")
    return Client(account.name, token, http_client=carrier)
