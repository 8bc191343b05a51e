"""Runs the programs given as JSON under a supervisor, as `dev.py run` does; for the tests of the supervisor."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path

from devtools import Trouble
from devtools.log import Log
from devtools.supervisor import Program, Stopped, Supervisor


def main() -> int:
    log = Log(sys.stdout)
    supervisor = Supervisor(Path.cwd(), log.write, grace=1.0)
    programs = [
        Program(
            given["name"],
            (sys.executable, "-u", "-c", given["code"]),
            dict(os.environ),
            given.get("stage", 0),
            partial(os.path.exists, given["ready"]) if "ready" in given else lambda: True,
        )
        for given in json.loads(sys.argv[1])
    ]
    with supervisor.listening_to_signals():
        try:
            supervisor.start(programs, seconds=10)
            log.say("all ready")
            supervisor.run()
        except Stopped:
            pass
        except Trouble as trouble:
            log.say(str(trouble))
            return 1
        finally:
            supervisor.stop()
    log.say("all stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
