"""A pretend shop of nobody's make, which speaks our order schema over Standard Webhooks."""
