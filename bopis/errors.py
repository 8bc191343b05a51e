"""Every error this service raises on purpose.

BopisError
├── Invalid            what was sent cannot be right (400)
├── NotSignedIn        nobody is signed in, or the session ended (401)
├── Forbidden          signed in, but not allowed (403)
├── NotFound           no such thing, or not yours (404)
├── Conflict           right words, wrong moment; nothing changed (409)
├── TooMany            throttled; `retry_after` seconds (429)
└── Unavailable        a part we need is down; try again (503)
EffectError            what an effect may say of the outside world
├── TemporaryFailure   not done; try again later
├── PermanentFailure   not done, and trying again will not help
└── OutcomeUnknown     it may have happened: look it up, never repeat blindly
"""

from __future__ import annotations


class BopisError(Exception):
    """An error with a stable `code` for machines and a `message` for people: what was wrong and what to do."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Invalid(BopisError):
    status = 400


class NotSignedIn(BopisError):
    status = 401


class Forbidden(BopisError):
    status = 403


class NotFound(BopisError):
    status = 404


class Conflict(BopisError):
    status = 409


class TooMany(BopisError):
    status = 429

    def __init__(self, code: str, message: str, retry_after: int) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Unavailable(BopisError):
    status = 503


class EffectError(Exception):
    """Raised by integrations only; `message` never holds a code, a phone number or a secret."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after = retry_after


class TemporaryFailure(EffectError):
    pass


class PermanentFailure(EffectError):
    pass


class OutcomeUnknown(EffectError):
    pass
