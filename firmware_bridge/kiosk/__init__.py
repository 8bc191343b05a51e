"""The local pages at the bank."""
