"""A pretend Adobe Commerce shop: the part of its REST API that pickups need, and its events as Adobe signs them.

Written from the vendor's documentation, apart from the client it is there to check.
"""
