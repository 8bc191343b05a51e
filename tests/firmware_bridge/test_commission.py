"""Somebody commissions a bank in a terminal: real frames on a pseudo-terminal, boards wired as badly as they come."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.commission import keep, labels
from firmware_bridge.commission.plan import BadDoor, Placed, Plan, turned, verdict
from firmware_bridge.grants import Grants
from firmware_bridge.journal import Journal
from firmware_bridge.layout import read_layout
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.fake_cloud import BANK_KEY
from tests.firmware_bridge.terminal import Terminal
from tests.firmware_bridge.test_staff import PIN, WRONG, person
from tests.firmware_bridge.world import grant

DOORS = [
    {"number": n + 1, "board": 1, "channel": n, "row": n, "column": 0, "height": 1, "size": "M", "accessible": False}
    for n in range(3)
]
BOARD = "modbus-rtu-relay"
SOUND = "Number on the door"


class Installer:
    """Whoever sits at the terminal, with the machine's folder and the doors before them."""

    def __init__(self, folder: Path, locks: LockBank) -> None:
        self.folder, self.locks = folder, locks
        self.config = folder / "bridge.toml"
        self.config.write_text(
            f'data_dir = "data"\ncloud_url = "http://127.0.0.1:1"\nport = "{locks.path}"\nkiosk_port = 0\n'
        )
        self.terminals: list[Terminal] = []

    def begins(self, board: str = BOARD, resume: bool = False) -> Terminal:
        terminal = Terminal("commission", "--config", str(self.config))
        self.terminals.append(terminal)
        terminal.answers("Your name", "Kim")
        terminal.answers("Boards", board)
        terminal.answers("Do the sensors look at")
        if resume:
            terminal.answers("Go on with them?", "yes")
        terminal.answers("How many boards", "1")
        return terminal

    def names(self, terminal: Terminal, opened: int, number: int | None = None, size: str = "") -> None:
        """Say what the open door is, and shut it."""
        terminal.answers("How many doors opened?")
        terminal.answers(SOUND, str(number) if number else "")
        terminal.answers("Size", size)
        for question in ("As warm as the room", "Column", "Row", "Rows high", "Low enough"):
            terminal.answers(question)
        terminal.sees("Please shut the door.")
        self.locks.shut_door(opened)

    def skips_the_rest(self, terminal: Terminal, count: int) -> None:
        for _ in range(count):
            terminal.answers("Did a door open all the same?", "skip")

    def journal(self) -> Journal:
        return Journal(self.folder / "data" / "journal.db", "test")

    def wiring(self) -> dict[int, tuple[int, int]]:
        journal = self.journal()
        try:
            layout = read_layout(json.loads(journal.read("layout")))
            return {number: (spot.board, spot.channel) for number, spot in layout.doors.items()}
        finally:
            journal.close()


@pytest.fixture
def locks() -> Iterator[LockBank]:
    with LockBank(boards=1, doors=DOORS, protocol=PROTOCOLS[BOARD]()) as locks:
        yield locks


@pytest.fixture
def installer(tmp_path: Path, locks: LockBank) -> Iterator[Installer]:
    installer = Installer(tmp_path, locks)
    yield installer
    for terminal in installer.terminals:
        terminal.close()


def test_door_after_door_is_opened_named_and_written_with_an_event_and_labels(installer: Installer) -> None:
    terminal = installer.begins()
    terminal.sees("Answering: board 1.", seconds=70)
    installer.names(terminal, 1, number=11, size="s")
    installer.names(terminal, 2)
    installer.names(terminal, 3, size="XL")
    installer.skips_the_rest(terminal, 5)
    terminal.answers("Is that the whole bank", "yes")
    assert terminal.ends() == 0
    assert installer.wiring() == {11: (1, 0), 12: (1, 1), 13: (1, 2)}
    assert [pulse.door for pulse in installer.locks.pulses][:3] == [1, 2, 3]
    journal = installer.journal()
    event = journal.events(10)[-1]
    assert (event["kind"], event["data"]["by"]) == ("commissioned", "Kim")
    assert [(door["number"], door["size"], door["row"]) for door in event["data"]["doors"]] == [
        (11, "S", 0),
        (12, "S", 1),
        (13, "XL", 2),
    ]
    assert len(journal.rows("SELECT * FROM intents")) == len(installer.locks.pulses)
    journal.close()
    assert ">13<" in (installer.folder / "data" / "labels.html").read_text()
    assert "^FD13^FS" in (installer.folder / "data" / "labels.zpl").read_text()


def test_swapped_plugs_are_named_and_nothing_is_written_until_they_are_right(installer: Installer) -> None:
    installer.locks.swap(1, 2)
    terminal = installer.begins()
    terminal.sees("opened the door whose sensor is at board 1 channel 2: two plugs are swapped")
    installer.locks.behave()
    installer.locks.shut_door(2)
    terminal.answers("press Enter to try again")
    installer.names(terminal, 1)
    installer.names(terminal, 2)
    assert [pulse.door for pulse in installer.locks.pulses][:3] == [2, 1, 2]


def test_a_jammed_door_is_tried_again_when_asked(installer: Installer) -> None:
    installer.locks.misbehave(door=1, jam=1)
    terminal = installer.begins()
    terminal.answers("Did a door open all the same?", "again")
    installer.names(terminal, 1)
    assert installer.locks.pulses_of(1) == 2


def test_the_last_door_can_be_taken_back_and_comes_again(installer: Installer) -> None:
    terminal = installer.begins()
    installer.names(terminal, 1, number=5)
    terminal.answers("How many doors opened?", "undo")
    terminal.sees("Door 5 is forgotten.")
    terminal.sees("Please shut the door.")
    installer.locks.shut_door(2)
    installer.names(terminal, 1, number=1)
    installer.names(terminal, 2)


def test_a_power_cut_in_the_middle_loses_no_door(installer: Installer) -> None:
    terminal = installer.begins()
    installer.names(terminal, 1)
    terminal.sees("Shut.")
    terminal.sees("How many doors opened?")
    terminal.process.kill()
    terminal.process.wait(10)
    installer.locks.shut_door(2)
    again = installer.begins(resume=True)
    again.sees("channel 2: opening")
    installer.names(again, 2)
    installer.skips_the_rest(again, 0)
    assert installer.locks.pulses_of(1) == 1


def test_a_silent_board_is_said_to_be_silent(installer: Installer) -> None:
    installer.locks.misbehave(silent=True)
    terminal = installer.begins()
    terminal.sees("Answering: nobody.", seconds=70)
    terminal.sees("Fewer addresses than boards")
    installer.locks.behave()
    terminal.answers("Look again?", "yes")
    terminal.answers("How many boards", "1")
    terminal.sees("Answering: board 1.", seconds=70)


def test_a_number_given_twice_is_asked_for_again(installer: Installer) -> None:
    terminal = installer.begins()
    installer.names(terminal, 1, number=7)
    terminal.answers("How many doors opened?")
    terminal.answers(SOUND, "7")
    for question in ("Size", "As warm as the room", "Column", "Row", "Rows high", "Low enough"):
        terminal.answers(question)
    terminal.sees("Door 7 was named already")


@pytest.fixture
def goods(installer: Installer) -> Journal:
    """Door 2 holds an order; the service has not told yet who works here."""
    (installer.folder / "data").mkdir()
    journal = installer.journal()
    body = {"hash": "x", "bank": {"name": ""}, "store": {"name": ""}, "board": BOARD, "doors": DOORS}
    journal.write("layout", json.dumps(body))
    with journal.writing() as db:
        Grants(journal).apply(db, [grant(2)], reset=False)
    return journal


def test_before_the_service_told_who_works_here_a_bank_with_goods_opens_for_a_managers_name(
    installer: Installer, goods: Journal
) -> None:
    goods.close()
    terminal = Terminal("commission", "--config", str(installer.config))
    installer.terminals.append(terminal)
    terminal.sees("Doors 2 hold orders")
    terminal.answers("The manager's name", "Mo")
    terminal.answers("may these doors be opened now?", "no")
    terminal.sees("Nothing was opened.")
    assert terminal.ends() == 1
    assert installer.locks.pulses == []


def test_a_bank_with_goods_opens_for_a_managers_badge_and_pin_and_the_journal_says_whose(
    installer: Installer, goods: Journal
) -> None:
    make_known(goods, {**person("mo", "M2002"), "role": "manager"}, person("ada", "A1001"))
    goods.close()
    terminal = Terminal("commission", "--config", str(installer.config))
    installer.terminals.append(terminal)
    for badge, pin in (("A1001", PIN), ("M2002", WRONG), ("M2002", PIN)):
        terminal.answers("A manager's badge number", badge)
        terminal.answers("PIN", pin)
    terminal.answers("may these doors be opened now?", "yes")
    terminal.answers("Boards", BOARD)
    terminal.process.kill()
    journal = installer.journal()
    told = [(event["kind"], event["data"]) for event in journal.events(10)]
    journal.close()
    assert [data["reason"] for kind, data in told if kind == "staff_refused"] == ["not_allowed", "wrong_pin"]
    assert told[-1] == (
        "commissioning",
        {"step": "goods_may_move", "by": "staff mo", "staff": "mo", "goods": [2]},
    )
    assert PIN not in terminal.said
    assert installer.locks.pulses == []


def test_goods_that_were_loaded_without_the_line_are_goods_too(goods: Journal) -> None:
    goods.append("door_shut", {"door": 3, "item": "present", "cause": "load", "placement": "p", "pickup": "1"})
    assert keep.goods(goods) == {2, 3}
    goods.close()


def make_known(journal: Journal, *people: dict[str, Any]) -> None:
    """This bridge is enrolled, and a sync has just told who works here."""
    keys = {
        "bridge_id": "bridge-1",
        "key_id": "bridge-1",
        "cloud_key": base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
        "bank_key": base64.b64encode(BANK_KEY).decode(),
    }
    journal.write("identity", json.dumps(keys))
    journal.write("staff", json.dumps({"hash": "s", "people": people}))
    journal.write("leased_at", str(time.time()))


@pytest.mark.parametrize(
    ("board", "options", "turned_to"),
    [
        ("hj-8a80", {}, {"feedback": "short-when-unlocked"}),
        (
            "hj-8a80",
            {"feedback": "short-when-unlocked", "ask": "each"},
            {"feedback": "short-when-locked", "ask": "each"},
        ),
        ("modbus-rtu-relay", {}, {"inputs_inverted": True}),
        ("kerong-cu16", {}, None),
    ],
)
def test_sensors_can_be_read_the_other_way_round(
    board: str, options: dict[str, Any], turned_to: dict[str, Any] | None
) -> None:
    assert turned(board, options) == turned_to


def test_the_last_answer_is_taken_back_whatever_it_was() -> None:
    plan = Plan([0])
    plan.add(Placed(1, 0, 0, "M", 0, 0))
    plan.skip((0, 1), (0, 2), (0, 3))
    plan = Plan.read(json.loads(json.dumps(plan.written())))
    assert next(plan.todo(5)) == (0, 4)
    assert plan.undo() == (0, 1)
    assert next(plan.todo(5)) == (0, 1)
    assert plan.undo() == Placed(1, 0, 0, "M", 0, 0)
    assert plan.undo() is None


def test_two_boards_with_one_address_are_found_out_by_connecting_them_one_after_another(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    doors: list[dict[str, Any]] = [
        {**door, "board": n, "number": 10 * n + door["number"]} for n in (0, 1) for door in DOORS
    ]
    with LockBank(doors=doors) as locks:
        locks.boards[1].answers_to = 0
        installer = Installer(tmp_path, locks)
        terminal = Terminal("commission", "--config", str(installer.config))
        request.addfinalizer(terminal.close)
        terminal.answers("Your name", "Kim")
        terminal.answers("Boards", "kerong-cu16")
        terminal.answers("Do the sensors")
        terminal.answers("How many boards", "2")
        terminal.answers("address of its own already?", "no")
        terminal.answers("Connect board 1")
        terminal.sees("It answers as board 0.", seconds=70)
        terminal.answers("Connect board 2")
        terminal.sees("No new address answers: it has the address of another board", seconds=70)
        assert locks.pulses == []


@pytest.mark.parametrize(
    ("moved", "kind"),
    [
        ({(0, 3)}, "right"),
        (set(), "none"),
        ({(0, 4)}, "other"),
        ({(0, 3), (1, 3)}, "several"),
    ],
)
def test_what_moved_is_judged(moved: set[tuple[int, int]], kind: str) -> None:
    assert verdict((0, 3), moved)[0] == kind


def test_a_sensor_that_says_shut_when_its_door_opens_speaks_the_other_way_round() -> None:
    assert verdict((0, 3), set(), {(0, 3)})[0] == "inverted"
    assert verdict((0, 3), set(), {(0, 4)})[0] == "other"


@pytest.mark.parametrize(
    "change",
    [
        lambda door: {**door, "number": 0},
        lambda door: {**door, "size": "huge"},
        lambda door: {**door, "number": 2, "row": 5, "cold": "tepid"},
        lambda door: {**door, "row": -1},
        lambda door: {**door, "number": 2, "row": 1},
    ],
)
def test_a_door_that_cannot_be_is_refused(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    plan = Plan([0])
    door = {"number": 1, "board": 0, "channel": 0, "size": "M", "row": 0, "column": 0, "height": 2}
    plan.add(Placed(**door))
    with pytest.raises(BadDoor):
        plan.add(Placed(**{"channel": 1, **change(door)}))


def test_a_label_says_number_and_size_and_marks_the_low_doors() -> None:
    doors = [
        {"number": 7, "size": "M", "accessible": True},
        {"number": 8, "size": "<b>", "accessible": False},
    ]
    page = labels.page(doors, "Entrance")
    assert page.count('aria-label="accessible"') == 1
    assert "<b>" not in page
    assert labels.zpl(doors).count("^XA") == 2
