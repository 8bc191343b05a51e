"""The commands, once the environment is there: `dev.py NAME` becomes `.venv/bin/python -m devtools NAME`."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from . import Trouble

# Each has a `main(arguments) -> int`.
MODULES = {
    "run": "devtools.run",
    "test": "devtools.testing",
    "demo": "sandbox.demo",
    "bench": "bench",
    "check": "devtools.check",
    "lock": "devtools.lock",
}


def main(arguments: list[str]) -> int:
    """Carry out one command; a Trouble becomes its one sentence and exit code 1."""
    name, *rest = arguments
    if importlib.util.find_spec(MODULES[name]) is None:
        print(f"There is no {name} in this tree.", file=sys.stderr)
        return 1
    try:
        return importlib.import_module(MODULES[name]).main(rest)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
