"""The supervisor keeps its programs running, and stops them and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devtools.conftest import Supervised, eventually, is_alive

Supervise = Callable[..., Supervised]
STAY = "import os, time; print('pid', os.getpid()); time.sleep(1000)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STAY
WITH_A_CHILD = (
    "import os, signal, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
    "print('child', child.pid)\n"
) + STAY


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_program(supervise: Supervise, number: int) -> None:
    supervised = supervise({"name": "one", "code": STAY}, {"name": "two", "code": STAY})
    pids = [supervised.pid_of("one"), supervised.pid_of("two")]

    assert supervised.end(number) == 0

    assert not any(is_alive(pid) for pid in pids)


def test_what_it_did_not_start_goes_on(supervise: Supervise) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", STAY], stdout=subprocess.DEVNULL)
    supervised = supervise({"name": "one", "code": STAY})
    supervised.pid_of("one")

    supervised.end()

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_what_a_program_started_ends_with_it(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": WITH_A_CHILD})
    child = int(supervised.wait_for("child").rpartition(" ")[2])
    supervised.pid_of("one")

    supervised.end()

    assert eventually(lambda: not is_alive(child))


def test_a_program_that_will_not_end_is_ended(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": STUBBORN})
    pid = supervised.pid_of("one")

    assert supervised.end() == 0

    assert not is_alive(pid)


def test_programs_of_a_higher_stage_stop_first(supervise: Supervise) -> None:
    bow = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('bows'), sys.exit())); " + STAY
    supervised = supervise({"name": "first", "code": bow}, {"name": "last", "code": bow, "stage": 1})
    supervised.pid_of("first")
    supervised.pid_of("last")

    supervised.end()

    bows = [line.split()[0] for line in supervised.lines if "bows" in line]
    assert bows == ["last", "first"]


def test_a_dead_program_is_started_again_and_it_says_so(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": STAY})
    first = supervised.pid_of("one")
    supervised.wait_for("all ready")

    os.kill(first, signal.SIGKILL)

    assert "starting it again in 0.5 s" in supervised.wait_for("ended (SIGKILL)")
    assert supervised.pid_of("one", times=2) != first


def test_the_rest_of_a_dead_programs_group_is_ended_before_the_restart(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": WITH_A_CHILD})
    child = int(supervised.wait_for("child").rpartition(" ")[2])

    os.kill(supervised.pid_of("one"), signal.SIGKILL)

    supervised.wait_for("starting it again")
    assert eventually(lambda: not is_alive(child))


def test_each_death_doubles_the_pause(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": "raise SystemExit(3)"}, {"name": "two", "code": STAY})

    pauses = [supervised.wait_for("ended (exit code 3)", n).split()[-2] for n in (1, 2)]

    assert pauses == ["0.5", "1"]


def test_it_waits_until_a_program_answers(supervise: Supervise, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    supervised = supervise({"name": "one", "code": STAY, "ready": str(ready)})
    supervised.pid_of("one")
    assert "all ready" not in "".join(supervised.lines)

    ready.touch()

    supervised.wait_for("all ready")


def test_a_program_that_cannot_start_is_given_up_with_its_last_words(supervise: Supervise, tmp_path: Path) -> None:
    supervised = supervise(
        {"name": "one", "code": "raise SystemExit('no such bank')", "ready": str(tmp_path / "never")},
        {"name": "two", "code": STAY},
    )
    other = supervised.pid_of("two")

    supervised.wait_for("one does not start; its last words stand above.")

    assert supervised.process.wait(20) == 1
    assert any("no such bank" in line for line in supervised.lines)
    assert not is_alive(other)


def test_an_unfinished_last_line_is_passed_on(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": "import sys; sys.stdout.write('last words')"})

    supervised.wait_for("one      | last words")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of their parent's death")
def test_programs_do_not_outlive_a_killed_supervisor(supervise: Supervise) -> None:
    supervised = supervise({"name": "one", "code": STAY})
    pid = supervised.pid_of("one")

    supervised.process.kill()

    assert eventually(lambda: not is_alive(pid))
