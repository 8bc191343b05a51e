"""Messages to addresses of merchants, signed by Standard Webhooks (`bopis.ports.HookSender`)."""

from __future__ import annotations

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import GONE, HookCall
from integrations import signatures
from integrations.public import BadAddress, PublicCaller


class SignedSender:
    """Only the answer's status and its Retry-After count; nothing else of it is read."""

    def __init__(self, caller: PublicCaller) -> None:
        self._caller = caller

    def check(self, url: str) -> str:
        """The URL as it is kept. Raises ValueError, whose text is for whoever typed it in."""
        try:
            return self._caller.check(url)
        except BadAddress as problem:
            raise ValueError(str(problem)) from None

    def send(self, call: HookCall) -> None:
        """Send one message. Raises TemporaryFailure, or PermanentFailure where trying again will not help."""
        signed = signatures.sign(call.secrets, call.message_id, call.at, call.body)
        answer = self._caller.call("POST", call.url, {"Content-Type": "application/json", **signed}, call.body, read=0)
        if 200 <= answer.status < 300:
            return
        if answer.status == 410:
            raise PermanentFailure(GONE, "it answered 410: gone for good")
        if 300 <= answer.status < 400:
            raise TemporaryFailure("redirected", f"it answered {answer.status}; redirects are not followed")
        raise TemporaryFailure("not_taken", f"it answered {answer.status}", answer.retry_after)
