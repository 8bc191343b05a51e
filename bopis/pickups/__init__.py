"""Pickups, the central noun: their life, their places, and the codes that open their doors."""
