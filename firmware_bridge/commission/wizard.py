"""The dialogue in the terminal: one question at a time, every answer can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from getpass import getpass
from pathlib import Path

from firmware_bridge.boards import BOARDS
from firmware_bridge.bus import Bus
from firmware_bridge.commission import labels
from firmware_bridge.commission.course import CannotGoOn, Course
from firmware_bridge.commission.plan import BadDoor, Coil, Placed
from firmware_bridge.commission.probe import Probe
from firmware_bridge.commission.words import By, Words
from firmware_bridge.journal import Journal
from firmware_bridge.layout import SENSORS

SHUT_SECONDS = 60.0
WORDS = (
    "At any question: again opens this door again, undo takes the last answer back, skip passes this coil, quit stops."
)


class Stopped(Exception):
    """Whoever sits there stopped."""


class Told(Exception):
    """Instead of an answer one of WORDS was typed."""


class Wizard:
    """One commissioning, from the first question to the labels."""

    def __init__(self, journal: Journal, bus: Bus, new_id: Callable[[], str], folder: Path, words: Words) -> None:
        self._course, self._folder, self._words = Course(journal, bus, new_id), folder, words
        self._at_a_coil = False

    @property
    def _probe(self) -> Probe:
        assert self._course.probe is not None
        return self._course.probe

    def prepare(self) -> None:
        """Who does this, and to which boards. Raises Stopped when goods lie in the bank and no manager is there."""
        print("Commissioning: every door is opened once, one after another.\n")
        self._let_goods_move()
        self._course.by = self._course.manager or By(self._ask("Your name", "installer"))
        self._choose_board()

    def run(self) -> None:
        """Find the boards, go through their coils, write the wiring."""
        kept = self._course.kept
        found = len(kept.doors) if kept and kept.board == self._course.board else 0
        if found and self._yes(f"\n{found} doors were found last time. Go on with them?"):
            self._course.resume()
        self._find_boards()
        print(f"\n{WORDS}")
        while (coil := self._course.next()) is not None:
            self._at_a_coil = True
            self._one(coil)
        self._at_a_coil = False
        self._finish()

    def _let_goods_move(self) -> None:
        held = self._course.held()
        if not held:
            return
        doors = ", ".join(map(str, sorted(held)))
        print(f"Doors {doors} hold orders. Each of them will open, so a manager must be here and say so.")
        manager = self._a_manager()
        if self._ask(f"{manager.name}, may these doors be opened now? yes/no", "no") != "yes":
            raise Stopped("Nothing was opened.")
        self._course.let_move(manager)

    def _a_manager(self) -> By:
        """Whoever shows to be one: by badge and PIN, or by a name where the service has told of nobody yet."""
        while True:
            if self._words.wanted == "name":
                said = {"name": self._ask("The manager's name, or Enter to stop")}
            else:
                said = {"badge": self._ask("A manager's badge number, or Enter to stop")}
            if not any(said.values()):
                raise Stopped("Nothing was opened.")
            if "badge" in said:
                said["pin"] = getpass("PIN: ")
            verdict, manager = self._words.of(**said)
            if manager is not None:
                return manager
            wait = f" Wait {verdict.retry_after} seconds." if verdict.retry_after else ""
            print(f"That is no manager's badge and PIN.{wait}")

    def _choose_board(self) -> None:
        names = ", ".join(BOARDS)
        while (board := self._ask(f"Boards ({names})", self._course.board)) not in BOARDS:
            print("There is no such board.")
        usual = self._course.sensor if board == self._course.board else SENSORS[0]
        while (sensor := self._ask("Do the sensors look at the door, or at the hook?", usual)) not in SENSORS:
            print("Type door or hook.")
        self._course.choose(board, sensor)

    def _find_boards(self) -> None:
        while True:
            count = self._number("\nHow many boards hang on this line?", max(1, len(self._course.plan.boards)))
            try:
                found = self._one_by_one(count) if count > 1 and self._new_ones() else self._course.look(count)
            except CannotGoOn as problem:
                print(problem)
                continue
            print(f"Answering: {', '.join(f'board {board}' for board in found) or 'nobody'}.")
            if len(found) == count:
                break
            if len(found) < count:
                print("Fewer addresses than boards. Two boards may share one address: give each its own, and see")
                print("that each has power. The line may be wired the wrong way round (A and B) when nobody answers.")
            if not self._yes("Look again?", yes=not found or len(found) < count) and found:
                break
        self._course.take(found)
        if self._probe.standing_open() and self._yes("A sensor says open. Is every door shut?", yes=False):
            self._probe.all_are_shut()

    def _new_ones(self) -> bool:
        return not self._yes("Does each board have an address of its own already?")

    def _one_by_one(self, count: int) -> list[int]:
        found: list[int] = []
        for number in range(1, count + 1):
            self._ask(f"Connect board {number}{' as well' if found else ' alone'}, then press Enter")
            seen = self._course.look(number)
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
            finding = self._course.open()
            print(finding.words)
            if finding.kind == "right":
                self._name(coil)
            elif finding.kind == "none":
                self._nothing_moved()
            elif finding.kind == "inverted":
                self._ask("Press Enter to go on")
            else:
                print("Put the plugs right: nothing is written while they are so.")
                self._ask("Then press Enter to try again")
        except CannotGoOn as problem:
            if problem.code == "goods":
                self._let_goods_move()
                return
            print(problem)
            self._ask("See to it, then press Enter")
        except Told as told:
            self._obey(str(told))

    def _nothing_moved(self) -> None:
        answer = self._ask("Did a door open all the same? no, one, two", "no")
        if answer == "two":
            print("Two boards share an address. Give each its own, then run this again.")
            raise Stopped("The boards answer with one voice.")
        if answer == "one":
            print("Its sensor is not connected here. A door that cannot be seen is not written: see to its plug.")
            self._ask("Then shut the door, and press Enter to try again")
        elif self._yes("Is there no door on this channel?"):
            self._course.skip()

    def _name(self, coil: Coil) -> None:
        count = self._ask("How many doors opened?", "1")
        if count != "1":
            print("One sensor moved and several doors: two boards share an address. Give each its own.")
            raise Stopped("The boards answer with one voice.")
        meant = self._course.suggest()
        assert meant is not None
        while True:
            try:
                door = self._described(coil, meant)
                self._course.name(door)
                break
            except BadDoor as problem:
                print(problem)
        print(f"Door {door.number}: board {door.board}, channel {door.channel + 1}.")
        self._shut([coil])

    def _described(self, coil: Coil, meant: Placed) -> Placed:
        number = self._number("Number on the door", meant.number)
        size = self._ask("Size S, M, L or XL", meant.size).upper()
        cold = self._ask("As warm as the room, chilled or frozen? room/chilled/frozen", meant.cold or "room").lower()
        return replace(
            meant,
            board=coil[0],
            channel=coil[1],
            number=number,
            size=size,
            cold="" if cold == "room" else cold,
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

    def _obey(self, told: str) -> None:
        if told == "skip":
            self._course.skip()
        elif told == "undo":
            taken_back = self._course.undo()
            if isinstance(taken_back, Placed):
                print(f"Door {taken_back.number} is forgotten.")
            elif taken_back:
                print(f"Board {taken_back[0]}, channel {taken_back[1] + 1} comes again.")
            else:
                print("There is nothing to take back.")

    def _finish(self) -> None:
        doors = self._course.plan.doors
        if doors:
            print(f"\n{len(doors)} doors: {', '.join(str(door.number) for door in doors)}.")
            if not self._yes("Is that the whole bank, and shall it be written?"):
                raise Stopped("Nothing was written.")
        try:
            body = self._course.write()
        except CannotGoOn as problem:
            raise Stopped(str(problem)) from problem
        print("Written.")
        labels.write(self._folder, body["doors"], body["bank"]["name"])
        print(f"Labels: {self._folder / 'labels.html'}, or {self._folder / 'labels.zpl'} for a label printer.")
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
