"""Shopify, Admin GraphQL API 2026-10."""

from integrations.shopify.install import ShopifyInstaller
from integrations.shopify.platform import ShopifyPlatform

__all__ = ["ShopifyInstaller", "ShopifyPlatform"]
