"""A pretend Twilio and the phones its texts arrive on.

Written from the vendor's documentation, apart from the client it is there to check.
"""
