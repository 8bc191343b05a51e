"""`python -m firmware_bridge run|enrol --config FILE`: runs the bridge, or trades a one-time code for its identity."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from firmware_bridge.agent import Agent, opened_data
from firmware_bridge.cloud import CloudError, NoCode, enrol, load_identity, read_code
from firmware_bridge.config import BadConfig, Config, read_config
from firmware_bridge.journal import BadJournal, NotJournaled
from firmware_bridge.thrift import be_thrifty


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status; 1 after one sentence about what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m firmware_bridge", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (("run", "serve the bank; enrols first when a code is there"), ("enrol", "enrol only")):
        action = actions.add_parser(name, help=text)
        action.add_argument("--config", type=Path, required=True, metavar="FILE")
        if name == "enrol":
            action.add_argument("code", nargs="?", help="the one-time code; else it is read from enrolment_code_file")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("waitress").setLevel(logging.WARNING)
    try:
        config = read_config(asked.config)
        return run(config) if asked.action == "run" else enrol_only(config, asked.code)
    except (BadConfig, BadJournal, CloudError, NoCode, NotJournaled, OSError) as problem:
        print(f"firmware_bridge: {problem}", file=sys.stderr)
        return 1


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; 1 when the bridge could not go on."""
    be_thrifty()
    with opened_data(config) as journal:
        agent = Agent(config, journal)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: agent.ended.set())
        agent.start()
        agent.ended.wait()
        agent.stop()
    return int(agent.failed)


def enrol_only(config: Config, code: str | None) -> int:
    """Become the bank's bridge, or say that this machine is one already."""
    with opened_data(config) as journal:
        known = load_identity(journal)
        if known is not None:
            print(f"Enrolled already, as bridge {known.bridge_id}.")
            return 0
        identity = enrol(journal, config.cloud_url, code or read_code(config))
        print(f"Enrolled as bridge {identity.bridge_id}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
