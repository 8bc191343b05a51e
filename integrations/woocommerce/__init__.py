"""WooCommerce, REST API v3."""

from integrations.woocommerce.platform import WooCommercePlatform

__all__ = ["WooCommercePlatform"]
