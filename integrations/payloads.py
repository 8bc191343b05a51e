"""What every vendor's deliveries are read with: a JSON body, ids that are numbers, a signature over bytes. No I/O."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import email.utils
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from bopis.errors import PermanentFailure
from bopis.ports import BadDelivery, BadSignature

_OVER = dt.timedelta(seconds=2)
"""The clock of an answer writes whole seconds, too."""


class Vendor(Schema):
    """A part of a vendor's payload: what we do not name in it is none of ours."""

    class Meta:
        unknown = EXCLUDE


def digits(value: object) -> str | None:
    """A positive number, or its digits, as decimal digits; None for what is no id."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    return value if isinstance(value, str) and re.fullmatch("[1-9][0-9]{0,19}", value) else None


class Id(fields.Field[str]):
    """What `digits` reads."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        found = digits(value)
        if found is None:
            raise ValidationError("Not an id.")
        return found


def utc(value: object) -> dt.datetime:
    """A time that means UTC where it names no zone. Raises ValidationError."""
    try:
        read = dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise ValidationError("Not a time.") from None
    return read.replace(tzinfo=dt.UTC) if read.tzinfo is None else read.astimezone(dt.UTC)


def json_object(body: bytes) -> dict[str, Any]:
    """The object a delivery's body holds. Raises BadDelivery."""
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise BadDelivery("the body is not a JSON object")
    return payload


def check_hmac(signature: str, signed: bytes, secrets: Iterable[str]) -> None:
    """Check a base64 HMAC-SHA256 over these bytes against each secret there is. Raises BadSignature.

    An empty secret is none: a sender without one signs as anybody can.
    """
    try:
        given = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the signature is not base64") from None
    # All of them, so that the time tells nothing of which one it was.
    matches = [hmac.compare_digest(hmac.digest(key.encode(), signed, "sha256"), given) for key in secrets if key]
    if not any(matches):
        raise BadSignature("no secret of this connection made the signature")


def hmac_of(signed: bytes, secrets: Iterable[str]) -> str:
    """The base64 HMAC-SHA256 that a vendor writes above these bytes, by the newest secret there is.

    Raises PermanentFailure where there is none.
    """
    return base64.b64encode(hmac.digest(newest(secrets).encode(), signed, "sha256")).decode()


def newest(secrets: Iterable[str]) -> str:
    """The first that is there. Raises PermanentFailure where none is."""
    found = next((secret for secret in secrets if secret), None)
    if found is None:
        raise PermanentFailure("no_secret", "there is no secret here that its news could be signed with: type it in")
    return found


def answered_at(headers: Mapping[str, str]) -> dt.datetime | None:
    """When a vendor answered by its own clock, where it says so."""
    try:
        return email.utils.parsedate_to_datetime(headers.get("Date", "")).astimezone(dt.UTC)
    except (TypeError, ValueError):
        return None


def as_of(changed_at: dt.datetime, answered: dt.datetime | None) -> dt.datetime:
    """Up to when an answer speaks of an order whose vendor writes whole seconds: to the end of the second it changed
    in, once that is over.

    What is read within the second of a change may miss another change in it, and would look as new as what has both;
    so it counts as older, and is asked for again when the order is listed later.
    """
    changed_at = changed_at.astimezone(dt.UTC)
    if answered is None or answered - changed_at < _OVER:
        return changed_at
    return changed_at.replace(microsecond=999_999)
