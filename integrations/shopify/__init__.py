"""Shopify, Admin GraphQL API 2026-10."""

from integrations.shopify.platform import ShopifyPlatform

__all__ = ["ShopifyPlatform"]
