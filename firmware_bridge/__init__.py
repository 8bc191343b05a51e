"""What runs in the store: it owns the lock boards, serves the kiosk, and dials out to the service."""

SOFTWARE = "1.0.0"
