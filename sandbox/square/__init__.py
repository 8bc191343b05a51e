"""A pretend Square seller: the part of the Orders API that pickups need, its catalog's SKUs, and its webhooks.

Written from the vendor's documentation, apart from the client it is there to check.
"""
