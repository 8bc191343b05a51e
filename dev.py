#!/usr/bin/env python3
"""The one command of this project: `python3 dev.py` lists what it can do. Needs Python 3.11+ and pip, nothing else."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an old Python must read this sentence, not a syntax error
    sys.exit("This needs Python 3.11 or newer, and this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031

from devtools import COMMANDS, Trouble, environment


def main(arguments: list[str]) -> int:
    """Carry out the command named first; without one, or with an unknown one, list them all."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        python = environment.ready(COMMANDS[name].needs)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return environment.become(python, name, rest)


def usage() -> str:
    """One line for each command."""
    lines = [f"  {name:<6} {command.sentence}" for name, command in COMMANDS.items()]
    return "\n".join(["python3 dev.py COMMAND [OPTIONS]", "", *lines, "", "COMMAND --help says more."])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
