"""What merchants' own systems hear from us: endpoints of theirs, and signed messages of what happened to pickups."""
