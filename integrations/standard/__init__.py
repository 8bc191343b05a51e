"""Any shop, till or order management that sends orders in our own schema, signed by Standard Webhooks."""

from integrations.standard.intake import StandardOrders
from integrations.standard.platform import StandardPlatform

__all__ = ["StandardOrders", "StandardPlatform"]
