"""Logs to standard error, a line each, with nothing secret in them by construction: ids, kinds and reasons only."""

from __future__ import annotations

import logging


def start_logging() -> None:
    """Log at INFO; libraries only when something is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("rq", "urllib3", "twilio", "alembic", "waitress", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
