"""Square, Orders API."""

from integrations.square.platform import SquarePlatform

__all__ = ["SquarePlatform"]
