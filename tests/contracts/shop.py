"""A pretend shop as the contract of platforms needs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Sent:
    """One delivery as the platform sends it."""

    headers: Mapping[str, str]
    body: bytes


class Shop(ABC):
    """A pretend shop with the locations `HIGH_STREET` and `STATION`, and the items MUG-SLATE and LIP-ROSE."""

    vendor: str
    account_name: str
    secrets: Mapping[str, str]
    settings: Mapping[str, str]
    """Fields of `bopis.config.Settings` that lead our calls to it."""
    account_settings: Mapping[str, str] = MappingProxyType({})
    """Settings of the connection itself."""
    lists_places = True
    """Whether the platform can say at which places it hands over."""
    test_ends = "believed"
    """What comes of a test of our address."""

    @abstractmethod
    def place(self, *, method: str = "pickup", lines: int = 1, paid: bool = True, phone: str | None = None) -> str:
        """An order for HIGH_STREET; its id. `method`: pickup, shipping, or mixed, which is one line of each."""

    @abstractmethod
    def pay(self, order_id: str) -> None:
        """Take the money for an unpaid order."""

    @abstractmethod
    def cancel(self, order_id: str) -> None:
        """Call an order off."""

    @abstractmethod
    def news(self, order_id: str, what: str) -> Sent:
        """One more delivery about an order; `what`: placed, changed or cancelled."""

    @abstractmethod
    def signed(self, body: bytes) -> Sent:
        """A delivery with any body, well signed."""

    @abstractmethod
    def again(self, sent: Sent) -> Sent:
        """The same body under another delivery id, as far as somebody without the secret can make it."""

    @abstractmethod
    def told(self) -> list[str]:
        """What it was told and took over, in order: `ready` and `collected`."""

    @abstractmethod
    def misbehave(self, how: str) -> None:
        """`throttled` once, `revoked`, `down`, or `well` again."""
