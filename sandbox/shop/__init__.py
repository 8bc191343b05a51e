"""A pretend Shopify shop: its Admin GraphQL API, its webhooks, and a page to buy from.

Written from the vendor's documentation, apart from the client it is there to check.
"""
