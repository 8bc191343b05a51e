"""Merchants, the tenants, and their connections to the platforms and providers they use."""
