"""The dialogue in the terminal: one question at a time, every answer can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from firmware_bridge.boards import BOARDS
from firmware_bridge.bus import Bus
from firmware_bridge.commission import keep, labels
from firmware_bridge.commission.plan import BadDoor, Coil, Placed, Plan, verdict
from firmware_bridge.commission.probe import Probe
from firmware_bridge.journal import Journal
from firmware_bridge.layout import SENSORS, read_board

SHUT_SECONDS = 60.0
WORDS = "At any question: again opens this door again, undo forgets the last door, skip passes this coil, quit stops."


class Stopped(Exception):
    """Whoever sits there stopped."""


class Told(Exception):
    """Instead of an answer one of WORDS was typed."""


class Wizard:
    """One commissioning, from the first question to the labels."""

    def __init__(self, journal: Journal, bus: Bus, new_id: Callable[[], str], folder: Path) -> None:
        self._journal, self._bus, self._new_id, self._folder = journal, bus, new_id, folder
        self._known = keep.known_doors(journal)
        self._held = keep.goods(journal)
        self._by = ""
        self._at_a_coil = False
        self._board, self._options = "", dict[str, Any]()
        self._plan = Plan()
        self._probe: Probe

    def prepare(self) -> None:
        """Who does this, and to which boards. Raises Stopped when goods lie in the bank and no manager is there."""
        print("Commissioning: every door is opened once, one after another.\n")
        if self._held:
            doors = ", ".join(map(str, sorted(self._held)))
            print(f"Doors {doors} hold orders. Each of them will open, so a manager must be here and say so.")
            self._by = self._ask("The manager's name, or Enter to stop")
            if not self._by or self._ask(f"{self._by}, may these doors be opened now? yes/no", "no") != "yes":
                raise Stopped("Nothing was opened.")
        else:
            self._by = self._ask("Your name", "installer")
        self._choose_board()
        driver, _ = read_board(self._board, self._options)
        self._probe = Probe(self._journal, self._bus, driver, self._new_id)

    def run(self) -> None:
        """Find the boards, go through their coils, write the wiring."""
        kept = keep.kept(self._journal)
        if kept and self._yes(f"\n{len(kept.doors)} doors were found last time. Go on with them?"):
            self._plan = kept
        self._find_boards()
        print(f"\n{WORDS}")
        while (coil := next(self._plan.todo(self._probe.driver.channels), None)) is not None:
            self._at_a_coil = True
            self._one(coil)
        self._at_a_coil = False
        self._finish()

    def _choose_board(self) -> None:
        before = keep.layout(self._journal)
        names = ", ".join(BOARDS)
        while True:
            self._board = self._ask(f"Boards ({names})", before.get("board", "kerong-cu16"))
            if self._board in BOARDS:
                break
            print("There is no such board.")
        self._options = dict(before.get("board_options") or {}) if self._board == before.get("board") else {}
        usual = str(self._options.pop("sensor", SENSORS[0]))
        while (sensor := self._ask("Do the sensors look at the door, or at the hook?", usual)) not in SENSORS:
            print("Type door or hook.")
        if sensor != SENSORS[0]:
            self._options["sensor"] = sensor

    def _find_boards(self) -> None:
        while True:
            count = self._number("\nHow many boards hang on this line?", max(1, len(self._plan.boards)))
            found = self._one_by_one(count) if count > 1 and self._new_ones() else self._probe.scan(count)
            print(f"Answering: {', '.join(f'board {board}' for board in found) or 'nobody'}.")
            if len(found) == count:
                break
            if len(found) < count:
                print("Fewer addresses than boards. Two boards may share one address: give each its own, and see")
                print("that each has power. The line may be wired the wrong way round (A and B) when nobody answers.")
            if not self._yes("Look again?", yes=not found or len(found) < count) and found:
                break
        self._plan.boards = found
        self._probe.known()

    def _new_ones(self) -> bool:
        return not self._yes("Does each board have an address of its own already?")

    def _one_by_one(self, count: int) -> list[int]:
        found: list[int] = []
        for number in range(1, count + 1):
            self._ask(f"Connect board {number}{' as well' if found else ' alone'}, then press Enter")
            seen = self._probe.scan(number)
            fresh = [board for board in seen if board not in found]
            if fresh:
                print(f"It answers as board {fresh[0]}.")
            else:
                print("No new address answers: it has the address of another board, or no power.")
            found = seen
        return found

    def _one(self, coil: Coil) -> None:
        board, channel = coil
        print(f"\nBoard {board}, channel {channel + 1}: opening …")
        try:
            if self._probe.standing_open():
                self._shut(self._probe.standing_open())
            kind, words = verdict(coil, self._probe.open(coil))
            print(words if not self._probe.rejection() else f"The board would not: {self._probe.rejection()}.")
            if kind == "right":
                self._name(coil)
            elif kind == "none":
                self._nothing_moved(coil)
            else:
                print("Put the plugs right: nothing is written while they are so.")
                self._ask("Then press Enter to try again")
                return
            keep.keep(self._journal, self._plan)
        except TimeoutError as problem:
            print(problem)
            self._ask("See to the cable, then press Enter")
        except Told as told:
            self._obey(str(told), coil)
            keep.keep(self._journal, self._plan)

    def _nothing_moved(self, coil: Coil) -> None:
        answer = self._ask("Did a door open all the same? no, one, two", "no")
        if answer == "two":
            print("Two boards share an address. Give each its own, then run this again.")
            raise Stopped("The boards answer with one voice.")
        if answer == "one":
            print("Its sensor is not connected here. A door that cannot be seen is not written: see to its plug.")
            self._ask("Then shut the door, and press Enter to try again")
        elif self._yes("Is there no door on this channel?"):
            self._plan.skipped.append(coil)

    def _name(self, coil: Coil) -> None:
        count = self._ask("How many doors opened?", "1")
        if count != "1":
            print("One sensor moved and several doors: two boards share an address. Give each its own.")
            raise Stopped("The boards answer with one voice.")
        meant = self._plan.suggest(coil, self._known)
        while True:
            try:
                door = self._described(coil, meant)
                self._plan.add(door)
                break
            except BadDoor as problem:
                print(problem)
        print(f"Door {door.number}: board {door.board}, channel {door.channel + 1}.")
        keep.keep(self._journal, self._plan)
        self._shut([coil])

    def _described(self, coil: Coil, meant: Placed) -> Placed:
        return replace(
            meant,
            board=coil[0],
            channel=coil[1],
            number=self._number("Number on the door", meant.number),
            size=self._ask("Size S, M, L or XL", meant.size).upper(),
            column=self._number("Column, from the left", meant.column + 1) - 1,
            row=self._number("Row, from the top", meant.row + 1) - 1,
            height=self._number("Rows high", meant.height),
            accessible=self._yes("Low enough to be reached by everybody?", yes=meant.accessible),
        )

    def _shut(self, coils: list[Coil]) -> None:
        print("Please shut the door." if len(coils) == 1 else "Please shut all doors.")
        while not self._probe.wait_shut(coils, SHUT_SECONDS):
            self._ask("Its sensor still says open. Look at both, then press Enter")
        print("Shut.")

    def _obey(self, told: str, coil: Coil) -> None:
        if told == "skip":
            self._plan.skipped.append(coil)
        elif told == "undo":
            door = self._plan.undo()
            print(f"Door {door.number} is forgotten." if door else "There is nothing to forget.")

    def _finish(self) -> None:
        plan = self._plan
        if not plan.doors:
            raise Stopped("No door was found.")
        lost = plan.lost(self._held)
        if lost:
            doors = ", ".join(map(str, lost))
            raise Stopped(f"Door {doors} holds an order and was not found. Take it out first, or find its plug.")
        print(f"\n{len(plan.doors)} doors: {', '.join(str(door.number) for door in plan.doors)}.")
        if not self._yes("Is that the whole bank, and shall it be written?"):
            raise Stopped("Nothing was written.")
        body = keep.finish(self._journal, plan, board=self._board, options=self._options, by=self._by, held=self._held)
        bank = body["bank"]["name"]
        (self._folder / "labels.html").write_text(labels.page(body["doors"], bank), encoding="utf-8")
        (self._folder / "labels.zpl").write_text(labels.zpl(body["doors"]), encoding="ascii")
        print(f"Written. Labels: {self._folder / 'labels.html'}, or {self._folder / 'labels.zpl'} for a label printer.")
        print("Start the bridge again: systemctl start bopis-bridge")

    def _ask(self, question: str, usual: str = "") -> str:
        answer = input(f"{question}{f' [{usual}]' if usual else ''}: ").strip()
        if answer.lower() == "quit":
            raise Stopped("Stopped.")
        if self._at_a_coil and answer.lower() in ("again", "undo", "skip"):
            raise Told(answer.lower())
        return answer or usual

    def _number(self, question: str, usual: int) -> int:
        while True:
            answer = self._ask(question, str(usual))
            if answer.isascii() and answer.isdecimal() and len(answer) < 6:
                return int(answer)
            print("Type a number.")

    def _yes(self, question: str, *, yes: bool = True) -> bool:
        answer = self._ask(f"{question} yes/no", "yes" if yes else "no").lower()
        return answer.startswith("y")
