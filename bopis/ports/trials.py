"""How it is tried out whether a platform's deliveries reach us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Trial:
    """How a test delivery comes to us. With neither, only the platform can sign and sends nothing when it is asked:
    then our address can only be asked what the platform asks it first, the `challenge`."""

    headers: Mapping[str, str] | None = field(default=None, repr=False)
    """What the platform would send above this body: it is ours to post."""
    answered: int | None = None
    """The platform has sent one itself, and this is the status our address answered; 0 for no answer at all."""


@dataclass(frozen=True)
class Seen:
    """What answered at our own address: status, where it sends us with a redirect, and the beginning of its words."""

    status: int
    leads_to: str = ""
    text: str = field(default="", repr=False)


class OwnAddress(Protocol):
    """Our own public address, called from outside as a platform calls it."""

    def call(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Seen:
        """Post this body, or ask when there is none; redirects are not followed. Raises the three EffectErrors."""
