"""WooCommerce, REST API v3."""

from integrations.woocommerce.install import WooCommerceInstaller
from integrations.woocommerce.platform import WooCommercePlatform

__all__ = ["WooCommerceInstaller", "WooCommercePlatform"]
