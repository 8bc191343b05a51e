"""The door for other people's webhooks: receive (verify, store, answer), process (fetch, act), replay."""
