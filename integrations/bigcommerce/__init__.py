"""BigCommerce, REST Management API V2 and V3."""

from integrations.bigcommerce.platform import BigCommercePlatform

__all__ = ["BigCommercePlatform"]
