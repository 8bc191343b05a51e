"""The pretend outside world: a shop, a phone and a lock bank. Never imported by the product."""
