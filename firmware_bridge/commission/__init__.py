"""Commissioning: open door after door, ask what moved, and write the wiring down."""

from __future__ import annotations

import secrets
import sys
import threading

from firmware_bridge.config import Config


def main(config: Config) -> int:
    """The wizard in a terminal. It works without the service, and needs the line and the journal for itself.

    Returns 0 when the wiring was written, else 1; what was found is kept. Raises BadJournal, NotJournaled.
    """
    from firmware_bridge.agent import opened_data
    from firmware_bridge.bus import Bus
    from firmware_bridge.commission.wizard import Stopped, Wizard
    from firmware_bridge.journal import BadJournal

    try:
        with opened_data(config) as journal:
            bus = Bus(config.port)
            wizard = Wizard(journal, bus, lambda: secrets.token_hex(16), config.data_dir)
            thread = threading.Thread(target=bus.run, daemon=True)
            try:
                wizard.prepare()
                thread.start()
                wizard.run()
                return 0
            except (Stopped, KeyboardInterrupt, EOFError) as problem:
                print(f"\n{problem or 'Stopped.'} What was found is kept: run it again to go on.")
                return 1
            finally:
                bus.stop()
                if thread.is_alive():
                    thread.join(5)
    except BadJournal as problem:
        if "Another bridge" in str(problem):
            print("The bridge is running. Stop it first: systemctl stop bopis-bridge", file=sys.stderr)
            return 1
        raise
