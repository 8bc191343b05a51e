"""A pretend BigCommerce store: the part of its V2 and V3 REST API that pickups need, and its webhooks.

Written from the vendor's documentation, apart from the client it is there to check.
"""
