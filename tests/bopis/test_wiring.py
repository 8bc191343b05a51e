"""What a process loads, and when."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

from tests.world import SECRET_KEY

ASK = """
import os, sys
from bopis.bell import SilentBell
from bopis.config import Settings
from bopis.wiring import build
payments = build(Settings.from_env(os.environ), SilentBell()).gateways.payments
before = "stripe" in payments, list(payments), "other" in payments, payments.get("other"), "stripe" in sys.modules
same = payments["stripe"] is payments["stripe"]
print(before, same, "stripe" in sys.modules)
"""
TOLD = {
    "DATABASE_URL": "sqlite:///unused.db",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEYS": base64.b64encode(SECRET_KEY).decode(),
    "PUBLIC_URL": "http://127.0.0.1",
    "BRIDGES_URL": "http://127.0.0.1",
}


def test_a_payment_providers_library_is_loaded_when_an_account_of_theirs_is_served() -> None:
    env = {"PATH": os.environ["PATH"], **TOLD}
    told = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "(True, ['stripe'], False, None, False) True True", told.stderr
