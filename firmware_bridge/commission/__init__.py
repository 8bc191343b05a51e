"""Commissioning: open door after door, ask what moved, and write the wiring down.

`course` decides what may be done; `wizard` asks in a terminal while the bridge is stopped, `service` leads the page of
a running bridge through the same course.
"""

from __future__ import annotations

import sys
import threading
import time

from firmware_bridge.config import Config


def main(config: Config) -> int:
    """The wizard in a terminal. It works without the service, and needs the line and the journal for itself.

    Returns 0 when the wiring was written, else 1; what was found is kept. Raises BadJournal, NotJournaled.
    """
    from firmware_bridge import adapters
    from firmware_bridge.agent import new_id
    from firmware_bridge.bus import Bus
    from firmware_bridge.commission.wizard import Stopped, Wizard
    from firmware_bridge.commission.words import Words
    from firmware_bridge.folder import opened_data
    from firmware_bridge.journal import BadJournal
    from firmware_bridge.pins import kept_pins

    try:
        with opened_data(config) as journal:
            bus = Bus(adapters.chosen(journal.read, config.port))
            wizard = Wizard(journal, bus, new_id, config.data_dir, Words(kept_pins(journal)))
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
            print("Or use its page: bopis-bridge commission --page", file=sys.stderr)
            return 1
        raise


def offer_page(config: Config) -> int:
    """Print where the running bridge's page is, and a PIN that lets one installer in there, once.

    Returns 0, or 1 when no bridge runs. Raises OSError.
    """
    from firmware_bridge.commission.one_time import GOOD_SECONDS, OneTimePin
    from firmware_bridge.doctor import running_status

    if running_status(config) is None:
        print("No bridge runs here. Start it first: systemctl start bopis-bridge", file=sys.stderr)
        return 1
    address = (config.data_dir / "address").read_text(encoding="ascii").strip()
    pin = OneTimePin(config.data_dir).offer()
    until = time.strftime("%H:%M", time.localtime(time.time() + GOOD_SECONDS))
    port = address.rpartition(":")[2]
    print(f"At the kiosk: Staff, then “Set up the doors”. On this machine: {address}/commission")
    print(
        f"From a tablet or a laptop, through SSH: ssh -L {port}:127.0.0.1:{port} this-machine, then the same address."
    )
    print(f"The installer’s PIN, good once until {until}: {pin[:4]} {pin[4:]}")
    return 0
