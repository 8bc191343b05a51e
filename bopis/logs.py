"""Logs to standard error, a line each, with nothing secret in them by construction: ids, kinds and reasons only."""

from __future__ import annotations

import logging

OURS = ("bopis", "webhooks", "integrations")


def start_logging() -> None:
    """Log what we say at INFO, and what libraries say only when something is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
