"""One commissioning, step by step: what may be done next, and what came of it. The terminal and the page lead people
through the same one; nothing here asks or prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge.boards import BOARDS
from firmware_bridge.bus import Bus
from firmware_bridge.commission import keep
from firmware_bridge.commission.plan import BadDoor, Coil, Placed, Plan, turned, verdict
from firmware_bridge.commission.probe import Probe
from firmware_bridge.commission.words import By
from firmware_bridge.journal import Journal
from firmware_bridge.layout import SENSORS, read_board

MOST_BOARDS = 32


class CannotGoOn(Exception):
    """A step that may not be taken now; `code` is stable, the text is for whoever stands at the bank."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Finding:
    """What came of firing a coil: `kind` is right, none, other, several or inverted; `words` is the sentence."""

    coil: Coil
    kind: str
    words: str


class Course:
    """From the first board to the written wiring. Not for several threads at once."""

    def __init__(self, journal: Journal, bus: Bus, new_id: Callable[[], str]) -> None:
        self.plan = Plan()
        self.kept = keep.kept(journal)
        """What an earlier commissioning found that was not ended."""
        self.known = keep.known_doors(journal)
        """The doors as they were wired before."""
        self.by = By("installer")
        self.manager: By | None = None
        self.finding: Finding | None = None
        """Of the coil fired last, until it is answered for."""
        self.probe: Probe | None = None
        self._journal, self._bus, self._new_id = journal, bus, new_id
        self._may_move: set[int] = set()
        before = keep.layout(journal)
        self.board: str = self.kept.board if self.kept else before.get("board", "kerong-cu16")
        self.options: dict[str, Any] = dict(self.kept.options if self.kept else before.get("board_options") or {})

    @property
    def sensor(self) -> str:
        return str(self.options.get("sensor", SENSORS[0]))

    def held(self) -> set[int]:
        """Doors that hold an order and that no manager has let be opened yet. More may come to be known at any time."""
        return keep.goods(self._journal) - self._may_move

    def let_move(self, manager: By) -> None:
        """A manager stands here and says that the doors with orders may be opened. Raises NotJournaled."""
        doors = keep.goods(self._journal)
        keep.note(self._journal, "goods_may_move", manager.name, manager.staff, doors)
        self.manager, self._may_move = manager, doors

    def choose(self, board: str, sensor: str) -> None:
        """Which boards, and what their sensors look at. Another board's options are forgotten. Raises CannotGoOn."""
        if board not in BOARDS or sensor not in SENSORS:
            raise CannotGoOn("bad_board", "There is no such board, or no such sensor.")
        options = dict(self.options) if board == self.board else {}
        options.pop("sensor", None)
        if sensor != SENSORS[0]:
            options["sensor"] = sensor
        self.board, self.options, self.plan, self.finding = board, options, Plan(), None
        self._listen()

    def resume(self) -> None:
        """Go on with what an earlier commissioning found."""
        if self.kept is not None and self.kept.board == self.board:
            self.plan = self.kept

    def look(self, count: int) -> list[int]:
        """The addresses that answer, until so many do. Takes up to a minute. Raises CannotGoOn."""
        if not 1 <= count <= MOST_BOARDS:
            raise CannotGoOn("bad_count", f"There are 1 to {MOST_BOARDS} boards on a line.")
        return self._eyes().scan(count)

    def take(self, boards: list[int]) -> None:
        """These are the boards. Raises CannotGoOn when there are none, NotJournaled."""
        if not boards:
            raise CannotGoOn("no_boards", "No board answers.")
        self.plan.boards, self.plan.board, self.plan.options = boards, self.board, dict(self.options)
        self._eyes().use(boards)
        self._eyes().known()
        keep.keep(self._journal, self.plan)

    def next(self) -> Coil | None:
        """The coil that comes next; None when all were answered for."""
        return next(self.plan.todo(self._eyes().driver.channels), None)

    def counted(self) -> tuple[int, int]:
        """How many coils were answered for, and how many there are."""
        return sum(map(len, self.plan.answered)), len(self.plan.boards) * self._eyes().driver.channels

    def open(self) -> Finding:
        """Fire the next coil once. Raises CannotGoOn: `goods` a manager must say so, `open` a door stands open, `line`
        the boards cannot be reached, `done` there is none; NotJournaled."""
        coil, eyes = self.next(), self._eyes()
        if coil is None:
            raise CannotGoOn("done", "Every door was opened.")
        self.finding = None
        if held := self.held():
            doors = ", ".join(map(str, sorted(held)))
            raise CannotGoOn("goods", f"Doors that hold orders: {doors}. A manager must be here and say so.")
        if eyes.standing_open():
            raise CannotGoOn("open", "A sensor says that a door stands open.")
        try:
            moved, fell = eyes.open(coil)
        except TimeoutError as problem:
            raise CannotGoOn("line", str(problem)) from problem
        kind, words = verdict(coil, moved, fell)
        if eyes.rejection():
            words = f"The board would not: {eyes.rejection()}."
        if kind == "inverted":
            words = f"{words} {self._turn()}"
        self.finding = Finding(coil, kind, words)
        return self.finding

    def name(self, door: Placed) -> None:
        """What the open door is. Raises BadDoor, CannotGoOn unless its own sensor saw it, NotJournaled."""
        finding = self._answering()
        if finding.kind != "right" or door.coil != finding.coil:
            raise CannotGoOn("not_seen", "A door that its own sensor did not see is not written.")
        self.plan.add(door)
        self._answered()

    def suggest(self) -> Placed | None:
        """What the open door most probably is; None while none is open."""
        right = self.finding is not None and self.finding.kind == "right"
        return self.plan.suggest(self.finding.coil, self.known) if self.finding and right else None

    def skip(self, *, rest: bool = False) -> None:
        """Pass the coil fired last, or with `rest` all that are left of its board: there is no door on it.

        Raises CannotGoOn, NotJournaled.
        """
        coil = self._answering().coil
        left = [each for each in self.plan.todo(self._eyes().driver.channels) if each[0] == coil[0]]
        self.plan.skip(*(left if rest else [coil]))
        self._answered()

    def undo(self) -> Placed | Coil | None:
        """Take the last answer back. Raises NotJournaled."""
        taken_back = self.plan.undo()
        self._answered()
        return taken_back

    def write(self) -> dict[str, Any]:
        """Make it the bank's wiring. Returns the layout. Raises CannotGoOn, NotJournaled."""
        if not self.plan.doors:
            raise CannotGoOn("no_doors", "No door was found.")
        if self.next() is not None:
            raise CannotGoOn("not_done", "Not every coil was tried yet.")
        held = keep.goods(self._journal)
        if lost := self.plan.lost(held):
            doors = ", ".join(map(str, lost))
            raise CannotGoOn(
                "lost", f"Door {doors} holds an order and was not found. Take it out first, or find its plug."
            )
        manager = self.manager.staff or self.manager.name if self.manager else None
        return keep.finish(self._journal, self.plan, by=self.by.name, staff=self.by.staff, manager=manager, held=held)

    def _eyes(self) -> Probe:
        if self.probe is None:
            raise CannotGoOn("no_boards", "Say first which boards they are.")
        return self.probe

    def _listen(self) -> None:
        driver, _ = read_board(self.board, self.options)
        self.probe = Probe(self._journal, self._bus, driver, self._new_id)

    def _turn(self) -> str:
        """Read the sensors the other way round from now on, if these boards can be."""
        options = turned(self.board, self.options)
        if options is None:
            return "These boards take no other: change its contact, or its plug."
        boards, self.options = self.plan.boards, options
        self._listen()
        self.take(boards)
        return "They are all read so from now on. Shut the door, and open it again."

    def _answering(self) -> Finding:
        if self.finding is None:
            raise CannotGoOn("not_open", "No door was opened yet.")
        return self.finding

    def _answered(self) -> None:
        self.finding = None
        keep.keep(self._journal, self.plan)


__all__ = ["BadDoor", "CannotGoOn", "Course", "Finding"]
