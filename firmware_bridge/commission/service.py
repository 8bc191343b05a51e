"""A running bridge closed for service: the bank's line is lent to a commissioning, and given back.

From `begin` on nobody's code or command opens anything here, over restarts too, until the wiring is written or whoever
set it up leaves it as it was. What takes long (asking addresses, an opening, a door that is to be shut) is done on a
thread of its own, one thing at a time; `view` says what.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from firmware_bridge import adapters
from firmware_bridge.bank import Bank
from firmware_bridge.bus import Bus
from firmware_bridge.commission import keep
from firmware_bridge.commission.course import CannotGoOn, Course
from firmware_bridge.commission.plan import BadDoor
from firmware_bridge.commission.probe import Idle
from firmware_bridge.commission.words import By, Words
from firmware_bridge.config import Config
from firmware_bridge.journal import Journal, NotJournaled
from firmware_bridge.judge import Verdict
from firmware_bridge.layout import read_layout

log = logging.getLogger(__name__)

SHUT_SECONDS = 60.0
SEEN_SECONDS = 3.0
"""A door that somebody says is shut shows it within this."""
AFTER_OPENING = {"right": "moved", "none": "nothing"}
AFTER_REFUSAL = {"open": "shut", "line": "line", "goods": "goods", "done": "review"}


class Service:
    """The steps as the page takes them. Every step raises CannotGoOn when it is not its turn, and NotJournaled."""

    def __init__(
        self, journal: Journal, bus: Bus, bank: Bank, new_id: Callable[[], str], words: Words, config: Config
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.clear: Callable[[], bool] = lambda: True
        """Sends everybody away from the kiosk; False while somebody stands at an open door."""
        self.words = words
        self.course: Course | None = None
        self.at = ""
        """Where it stands: goods, board, connect, found, shut, moved, nothing, wrong, line, review or written."""
        self.doing = ""
        self.said = ""
        """Why the last thing came to nothing, for people."""
        self.line = self._configured = config.port
        self.count, self.found, self.connected = 1, list[int](), 0
        self._scanner = config.scanner
        self._journal, self._bus, self._bank, self._new_id = journal, bus, bank, new_id
        self._turn = threading.RLock()

    def restore(self) -> None:
        """At a start: go on being closed, if the bank was."""
        if keep.is_closed(self._journal):
            log.warning("the bank is closed for service: set up its doors, or leave it as it was")
            self._close()

    def lines(self) -> list[adapters.Adapter]:
        """Where the boards may hang."""
        return adapters.offered(self._configured, self._scanner)

    def begin(self, by: By) -> None:
        """Close the bank; or take over where somebody else, or a power cut, left it."""
        with self._turn:
            if not self._bank.closed:
                with self._bank.lock:
                    if not self.clear():
                        raise CannotGoOn("in_use", "Somebody is at a door. Wait until it is shut.")
                    keep.close(self._journal, by.name, by.staff)
                    self._close()
                log.warning("closed for service by %s", by.name)
        self.taken_up(by)
        self.on_change()

    def taken_up(self, by: By) -> None:
        """Who answers now: whoever began may have left, or a power cut made it forget them."""
        if self.course is not None:
            self.course.by = by

    def let_move(self, *, sure: bool, badge: str = "", pin: str = "", name: str = "") -> Verdict:
        """A manager says that the doors with orders may be opened."""
        with self._turn:
            course = self._its_turn("goods")
            verdict, manager = self.words.of(badge=badge, pin=pin, name=name)
            if manager is not None and not sure:
                raise CannotGoOn("not_sure", "Nothing was opened.")
            if manager is not None:
                course.let_move(manager)
                self._go("board" if course.probe is None else "shut")
        return verdict

    def choose(self, board: str, sensor: str, line: str, count: int, *, one_by_one: bool, resume: bool) -> None:
        """Which boards on which line; they are looked for at once, or one by one as they are connected."""
        with self._turn:
            course = self._its_turn("board")
            if line not in [each.path for each in self.lines()]:
                raise CannotGoOn("no_line", "There is no such line.")
            course.choose(board, sensor)
            if resume:
                course.resume()
            self.line, self.count, self.found, self.connected = line, count, [], 0
            self._bus.move(line)
            if one_by_one and count > 1:
                self._go("connect")
            else:
                self._work("looking", self._look)

    def connect(self) -> None:
        """One more board is connected."""
        with self._turn:
            self._its_turn("connect")
            self._work("looking", self._look_for_one)

    def take(self) -> None:
        """Go on with the boards that were found."""
        with self._turn:
            course = self._its_turn("found")
            self._work("looking", lambda: course.take(self.found) or self._next())

    def look_again(self) -> None:
        """Back to the boards; what was found of the doors stays."""
        with self._turn:
            course = self._its_turn("found", "connect", "line", "nothing", "moved", "wrong", "shut")
            course.kept = course.plan if course.plan.doors else course.kept
            self._go("board")

    def shut(self, *, all_are: bool = False) -> None:
        """The doors were shut; `all_are`: a person says so although a sensor does not."""
        with self._turn:
            course = self._its_turn("shut", "line")
            if all_are and course.probe is not None:
                course.probe.all_are_shut()
            self._work("shutting", lambda: self._when_shut(SEEN_SECONDS))

    def name(self, **described: Any) -> None:
        """What the open door is. Raises BadDoor."""
        with self._turn:
            course = self._its_turn("moved")
            suggested = course.suggest()
            assert course.finding is not None and suggested is not None
            board, channel = course.finding.coil
            course.name(replace(suggested, **described, board=board, channel=channel))
            self._work("shutting", self._when_shut)

    def again(self) -> None:
        """Open the same door once more."""
        with self._turn:
            self._its_turn("moved", "nothing", "wrong", "line")
            self._work("shutting", self._when_shut)

    def skip(self, *, rest: bool = False) -> None:
        """There is no door on this coil, or on none of those left of its board."""
        with self._turn:
            self._its_turn("moved", "nothing", "wrong").skip(rest=rest)
            self._work("shutting", self._when_shut)

    def undo(self) -> None:
        """Take the last answer back."""
        with self._turn:
            course = self._its_turn("moved", "nothing", "wrong", "line", "shut", "review")
            if course.undo() is None:
                raise CannotGoOn("nothing", "There is nothing to take back.")
            self._work("shutting", self._when_shut)

    def write(self) -> None:
        """Make it the bank's wiring, and open the bank again."""
        with self._turn:
            course = self._its_turn("review")
            with self._bank.lock:
                with self._journal.writing():
                    self._journal.write(adapters.KEY, adapters.choice(self.line, self._configured))
                    course.write()
                self._reopen(anew=True)
            log.warning("%d doors were commissioned by %s", len(course.plan.doors), course.by.name)
            self._go("written")

    def leave(self) -> None:
        """Open the bank as it was wired before; what was found is kept for another time."""
        with self._turn:
            if self.doing:
                raise CannotGoOn("busy", "Wait until this is done.")
            if self._bank.closed and self.course is not None:
                with self._bank.lock:
                    keep.reopen(self._journal, self.course.by.name, self.course.by.staff)
                    self._reopen(anew=False)
                log.warning("left as it was wired before, by %s", self.course.by.name)
            self.course = None
            self._go("")

    # inside

    def _close(self) -> None:
        self._bank.close()
        self._bus.listener = Idle()
        self._bank.on_line_lost()
        self.course = Course(self._journal, self._bus, self._new_id)
        self.line = adapters.chosen(self._journal.read, self._configured)
        self.at, self.said = ("goods" if self.course.held() else "board"), ""

    def _reopen(self, *, anew: bool) -> None:
        kept = keep.layout(self._journal)
        layout = read_layout(kept) if kept else None
        self._bus.move(adapters.chosen(self._journal.read, self._configured))
        if layout is not None:
            self._bus.configure(layout.board, layout.boards)
        self._bank.reopen(layout, anew=anew)
        self._bus.listener = self._bank

    def _its_turn(self, *steps: str) -> Course:
        if self.doing:
            raise CannotGoOn("busy", "Wait until this is done.")
        if self.course is None or self.at not in steps:
            raise CannotGoOn("not_now", "That is not asked now.")
        self.said = ""
        return self.course

    def _go(self, step: str) -> None:
        self.at = step
        self.on_change()

    def _work(self, doing: str, target: Callable[[], None]) -> None:
        """Do it on a thread of its own; until it is done nothing else may be."""

        def run() -> None:
            try:
                target()
            except (CannotGoOn, BadDoor) as problem:
                self.said = str(problem)
            except NotJournaled:
                self.said = "The disk is full or failing: this cannot be kept."
            except Exception:
                log.exception("a step of the commissioning failed")
                self.said = "Something went wrong here."
            finally:
                self.doing = ""
                self.on_change()

        self.doing = doing
        self.on_change()
        threading.Thread(target=run, daemon=True).start()

    def _look(self) -> None:
        assert self.course is not None
        self.found = self.course.look(self.count)
        self.at = "found"

    def _look_for_one(self) -> None:
        assert self.course is not None
        seen = self.course.look(self.connected + 1)
        if len(seen) <= len(self.found):
            self.said = "No new address answers: it has the address of another board, or no power."
        else:
            self.connected += 1
        self.found = seen
        if self.connected == self.count:
            self.at = "found"

    def _when_shut(self, seconds: float = SHUT_SECONDS) -> None:
        assert self.course is not None and self.course.probe is not None
        probe = self.course.probe
        self.course.finding = None
        if probe.wait_shut(probe.standing_open(), seconds):
            self.doing = "opening"
            self.on_change()
            self._next()
        else:
            self.at = "shut"

    def _next(self) -> None:
        assert self.course is not None
        try:
            finding = self.course.open()
        except CannotGoOn as problem:
            self.at = AFTER_REFUSAL[problem.code]
            self.said = str(problem) if problem.code == "line" else ""
            return
        self.at = AFTER_OPENING.get(finding.kind, "wrong")
