"""Payments we look after: authorised in the shop, captured, released and given back as the goods go."""
