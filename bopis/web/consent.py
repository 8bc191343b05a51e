"""The state that travels through a platform while a shop is connected with a browser.

It is sealed, says for which sign-in and which shop it was made, and ends after ten minutes: nobody else's yes can be
slipped into this admin's session.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from typing import NamedTuple

from bopis import clock, sealing
from bopis.errors import Forbidden

_SEAL = "connect.state"
_LIFE = dt.timedelta(minutes=10)


class Consent(NamedTuple):
    """What somebody began: by which sign-in, of which shop, when."""

    by: str
    vendor: str
    name: str
    began: dt.datetime


def begin(by: str, vendor: str, name: str) -> str:
    """A new state, of letters, digits, `-`, `_` and `=`."""
    sealed = sealing.seal(json.dumps([by, vendor, name, clock.now().isoformat()]), to=_SEAL)
    return base64.urlsafe_b64encode(sealed).decode()


def opened(state: str, vendor: str) -> Consent:
    """What a state was made for. Raises Forbidden when we did not make it, for another vendor, or too long ago."""
    try:
        text = sealing.unseal(base64.urlsafe_b64decode(state.encode("ascii")), to=_SEAL)
        by, for_vendor, name, began = json.loads(text)
    except (sealing.NotSealedHere, binascii.Error, ValueError):
        raise Forbidden("bad_state", "This was not begun here. Begin again.") from None
    consent = Consent(by, for_vendor, name, dt.datetime.fromisoformat(began))
    if for_vendor != vendor or consent.began + _LIFE < clock.now():
        raise Forbidden("bad_state", "This was begun for something else or too long ago. Begin again.")
    return consent
