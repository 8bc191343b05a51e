"""The service: orders in, doors opened, everyone told."""
