"""WooCommerce, REST API v3."""

from integrations.woocommerce.address import site_of
from integrations.woocommerce.install import WooCommerceInstaller
from integrations.woocommerce.platform import WooCommercePlatform

__all__ = ["WooCommerceInstaller", "WooCommercePlatform", "site_of"]
