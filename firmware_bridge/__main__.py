"""`bopis-bridge run|enrol|commission|doctor|status|screen --config FILE`: what a store's machine and its technician
need.

Exit codes: 0 well; 1 it could not go on, or doctor or status found what needs a person; 2 wrong settings or arguments;
3 status: no bridge runs here.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.config import BadConfig, Config, read_config

WELL, TROUBLE, WRONG_SETTINGS, NOT_RUNNING = 0, 1, 2, 3
DEFAULT_CONFIG = Path("/etc/bopis-bridge/bridge.toml")
ACTIONS = {
    "run": "serve the bank; enrols first when a code is there",
    "enrol": "become a bank's bridge with a one-time code",
    "doctor": "look whether everything is in its place, and say what to do",
    "status": "ask the running bridge how it is",
    "commission": "find out which door hangs on which coil",
    "screen": "run the kiosk’s browser, and end it when its page hangs",
}


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status; one sentence about what is wrong, if so."""
    asked = _parser().parse_args(arguments)
    try:
        config = read_config(asked.config)
    except BadConfig as problem:
        print(f"bopis-bridge: {problem}", file=sys.stderr)
        return WRONG_SETTINGS
    actions: dict[str, Callable[[Config, argparse.Namespace], int]] = {
        "run": lambda config, asked: run(config),
        "enrol": enrol_only,
        "doctor": doctor,
        "status": status,
        "commission": commission,
        "screen": screen,
    }
    try:
        return actions[asked.action](config, asked)
    except _expected() as problem:
        print(f"bopis-bridge: {problem}", file=sys.stderr)
        return TROUBLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bopis-bridge", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in ACTIONS.items():
        if name == "commission" and importlib.util.find_spec("firmware_bridge.commission") is None:
            continue
        action = actions.add_parser(name, help=text)
        action.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE")
        if name == "enrol":
            action.add_argument("code", nargs="?", help="the one-time code; else it is read from enrolment_code_file")
            action.add_argument("--anew", action="store_true", help="although it is enrolled: with a new key")
        if name == "commission":
            action.add_argument("--page", action="store_true", help="let an installer in at the running bridge's page")
        if name == "screen":
            action.add_argument("browser", nargs="+", metavar="-- BROWSER", help="the command that shows the page")
        if name in ("doctor", "status"):
            action.add_argument("--json", action="store_true", help="for programs")
        if name == "status":
            action.add_argument("--door", type=int, metavar="NUMBER", help="only what happened to this door lately")
            action.add_argument("--line", action="store_true", help="what was last on the boards’ line, byte by byte")
    return parser


def _expected() -> tuple[type[Exception], ...]:
    from firmware_bridge.cloud import CloudError, NoCode
    from firmware_bridge.journal import BadJournal, NotJournaled

    return BadJournal, CloudError, NoCode, NotJournaled, OSError


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; 1 when the bridge could not go on."""
    from firmware_bridge import logs, notify
    from firmware_bridge.agent import Agent
    from firmware_bridge.folder import opened_data
    from firmware_bridge.thrift import be_thrifty

    lately = logs.set_up(config.log_format)
    be_thrifty()
    with opened_data(config) as journal:
        agent = Agent(config, journal, lately)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: agent.ended.set())
        agent.start()
        notify.tell(f"READY=1\nSTATUS=The kiosk is at {agent.kiosk_url}")
        agent.ended.wait()
        notify.tell("STOPPING=1")
        agent.stop()
    return TROUBLE if agent.failed else WELL


def enrol_only(config: Config, asked: argparse.Namespace) -> int:
    """Become the bank's bridge, or say that this machine is one already."""
    from firmware_bridge.cloud import enrol, read_code
    from firmware_bridge.folder import opened_data
    from firmware_bridge.identity import forget_identity, load_identity
    from firmware_bridge.salvage import keep_copy

    with opened_data(config) as journal:
        known = load_identity(journal)
        if known is not None and not asked.anew:
            print(f"Enrolled already, as bridge {known.bridge_id}. To change that: bopis-bridge enrol --anew CODE")
            return WELL
        code = asked.code or read_code(config)
        if known is not None:
            forget_identity(journal)
        identity = enrol(journal, config.cloud_url, code)
        keep_copy(journal)
        print(f"Enrolled as bridge {identity.bridge_id}.")
    return WELL


def doctor(config: Config, asked: argparse.Namespace) -> int:
    """Print every finding; 1 when something fails."""
    from firmware_bridge.doctor import FAIL, examine

    logging.disable()  # what the parts say of themselves is said here once, with what to do
    found = []
    for finding in examine(config):
        found.append(finding)
        if not asked.json:
            print(f"{finding.level:4}  {finding.about}: {finding.words}")
            if finding.do:
                print(f"      → {finding.do}")
    if asked.json:
        print(json.dumps([vars(finding) for finding in found]))
    return TROUBLE if any(finding.level == FAIL for finding in found) else WELL


def status(config: Config, asked: argparse.Namespace) -> int:
    """Print how the running bridge is; 1 when something needs a person, 3 when none runs."""
    from firmware_bridge import telling
    from firmware_bridge.doctor import running_status

    told = running_status(config, telling.path(door=asked.door, line=asked.line))
    if told is None:
        print("No bridge runs here, or it does not answer.", file=sys.stderr)
        return NOT_RUNNING
    print(json.dumps(told) if asked.json else "\n".join(telling.lines(told)))
    return WELL if told.get("well", True) else TROUBLE


def commission(config: Config, asked: argparse.Namespace) -> int:
    """Open door after door and write down what moved, here or on the running bridge's page."""
    from firmware_bridge import commission as wizard

    return wizard.offer_page(config) if asked.page else wizard.main(config)


def screen(config: Config, asked: argparse.Namespace) -> int:
    """Show the kiosk's page until stopped; 1 when the browser ended or hung, for systemd to start it anew."""
    from firmware_bridge.screen import watch

    return WELL if watch(config, asked.browser) else TROUBLE


if __name__ == "__main__":
    sys.exit(main())
