"""`python -m sandbox --port N --config FILE`: the pretend outside world on this machine, for nobody else to reach."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import waitress

from sandbox.app import create_sandbox
from sandbox.config import BadConfig, read_config
from sandbox.machine import LockMachine
from sandbox.mail.server import MailServer

THREADS = 32


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 2 when the configuration is wrong."""
    parser = argparse.ArgumentParser("sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8100")))
    default = Path(os.environ.get("DATA_DIR", "."), "sandbox.json")
    parser.add_argument("--config", type=Path, default=default, help="default: $DATA_DIR/sandbox.json")
    mail = int(os.environ.get("SANDBOX_MAIL_PORT", "0"))
    parser.add_argument("--mail-port", type=int, default=mail, help="where SMTP answers; 0: nowhere")
    chosen = parser.parse_args(arguments)
    try:
        config = read_config(chosen.config)
    except BadConfig as problem:
        print(problem, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    machine = LockMachine(config.bank) if config.bank else None
    sandbox = create_sandbox(config, machine.page if machine else None)
    mails: MailServer | None = None
    try:
        if chosen.mail_port:
            mails = MailServer(sandbox.letterbox, chosen.mail_port)
            mails.start()
        waitress.serve(sandbox.app, host="127.0.0.1", port=chosen.port, threads=THREADS, ident=None)
    except OSError as problem:
        port = chosen.port if mails or not chosen.mail_port else chosen.mail_port
        print(f"Port {port} cannot be used: {problem.strerror}.", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        sandbox.stop()
        if mails:
            mails.stop()
        if machine:
            machine.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
