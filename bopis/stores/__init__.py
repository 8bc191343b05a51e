"""Stores, and which of a platform's locations is which store."""
