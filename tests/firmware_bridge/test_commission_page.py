"""The page that sets up the doors, before a running bridge and real frames on a pseudo-terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from firmware_bridge import adapters
from firmware_bridge.commission.one_time import GOOD_SECONDS, TRIES, OneTimePin
from firmware_bridge.grants import Grants
from firmware_bridge.layout import read_layout
from sandbox.lockbank import PROTOCOLS, LockBank
from tests.firmware_bridge.commissioning import BOARD, Bridge, Installer
from tests.firmware_bridge.terminal import Terminal
from tests.firmware_bridge.test_commission import DOORS, make_known
from tests.firmware_bridge.test_staff import PIN, WRONG, person
from tests.firmware_bridge.world import grant, until

pytestmark = pytest.mark.timeout(180)
KNOWN = {"hash": "x", "bank": {"id": "b", "name": "Entrance"}, "store": {"name": "S"}, "board": BOARD, "doors": DOORS}


@pytest.fixture
def locks() -> Iterator[LockBank]:
    with LockBank(boards=1, doors=DOORS, protocol=PROTOCOLS[BOARD]()) as locks:
        yield locks


@pytest.fixture
def bridge(tmp_path: Path, locks: LockBank) -> Iterator[Bridge]:
    with Bridge(tmp_path, locks) as bridge:
        yield bridge


@pytest.fixture
def installer(bridge: Bridge) -> Installer:
    return Installer(bridge.agent.kiosk_url, bridge.config.data_dir)


def knows_its_doors(bridge: Bridge) -> None:
    """The bridge was commissioned long ago, and works."""
    bridge.stop()
    bridge.start()
    bridge.agent.journal.write("layout", json.dumps(KNOWN))
    bridge.agent._use_layout(read_layout(KNOWN))
    until(lambda: all(door.state == "shut" for door in bridge.agent.bank.doors.values()))


def holds_an_order(bridge: Bridge, door: int) -> None:
    with bridge.agent.journal.writing() as db:
        Grants(bridge.agent.journal).apply(db, [grant(door)], reset=False)


def shuts(locks: LockBank, door: int) -> None:
    until(lambda: not locks.compartments[door].shut)
    locks.shut_door(door)


def test_door_after_door_is_opened_named_and_written_and_the_bank_works_at_once(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    installer.comes_in("Kim").begins()
    assert bridge.state()["trouble"] == "service"
    for row, door in enumerate((1, 2, 3)):
        installer.names(door + 10, row)
        shuts(locks, door)
    installer.is_at("nothing")
    installer.does("skip", rest=True)
    installer.is_at("review")
    installer.does("write")
    installer.is_at("written")
    assert [pulse.door for pulse in locks.pulses] == [1, 2, 3, None]
    (event,) = bridge.events("commissioned")
    assert (event["by"], event["staff"], [door["number"] for door in event["doors"]]) == ("Kim", None, [11, 12, 13])
    assert until(lambda: {door["number"]: door["state"] for door in bridge.state()["doors"]}).keys() == {11, 12, 13}
    until(lambda: {door["state"] for door in bridge.state()["doors"]} == {"shut"})
    assert bridge.state()["trouble"] != "service"
    assert ">13<" in installer.get("/commission/labels.html").text
    assert "^FD13^FS" in installer.get("/commission/labels.zpl").text
    journal = bridge.agent.journal
    assert len(journal.rows("SELECT * FROM intents")) == len(locks.pulses)


def test_swapped_plugs_are_named_and_nothing_is_written_until_they_are_right(
    locks: LockBank, installer: Installer
) -> None:
    locks.swap(1, 2)
    installer.comes_in().begins()
    state = installer.is_at("wrong")
    assert "two plugs are swapped" in state["finding"]["words"]
    assert installer.refused("name", number=1, row=0, column=0, height=1, size="M") == "not_now"
    assert installer.refused("write") == "not_now"
    locks.behave()
    installer.does("again")
    shuts(locks, 2)
    installer.names(1)
    shuts(locks, 1)
    assert installer.is_at("moved")["coil"] == {"board": 1, "channel": 2}


def test_an_answer_is_taken_back_and_comes_again(locks: LockBank, installer: Installer) -> None:
    installer.comes_in().begins()
    installer.names(5)
    shuts(locks, 1)
    installer.is_at("moved")
    installer.does("undo")
    shuts(locks, 2)
    state = installer.is_at("moved")
    assert (state["coil"]["channel"], state["doors"]) == (1, [])


def test_a_power_cut_loses_no_answer_and_opens_the_bank_to_nobody(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    installer.comes_in().begins()
    installer.names(1)
    shuts(locks, 1)
    installer.is_at("moved")
    bridge.stop()
    bridge.start()
    installer.url = bridge.agent.kiosk_url
    assert bridge.state()["trouble"] == "service"
    assert installer.state() == {"seq": 0, "step": "sign_in", "closed": True}
    assert installer.comes_in("Alex").finds(resume=True)["doors"][0]["number"] == 1
    assert installer.state()["by"] == "Alex"
    installer.is_at("shut")
    locks.shut_door(2)
    installer.does("shut")
    assert installer.is_at("moved")["coil"]["channel"] == 2
    assert locks.pulses_of(1) == 1


def test_while_it_is_closed_nobody_opens_anything_and_left_it_works_as_before(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    make_known(bridge.agent.journal, person())
    bridge.agent.pins.bank_key = bridge.agent.judge.bank_key = b"k" * 32
    installer.comes_in().does("begin")
    kiosk = bridge.agent.kiosk_url
    for path, body in (("code", {"code": "047193508"}), ("staff/sign-in", {"badge": "A1001", "pin": PIN})):
        assert requests.post(f"{kiosk}/api/{path}", json=body, timeout=15).json()["verdict"] == "closed"
    assert locks.pulses == []
    installer.does("leave")
    until(lambda: {door["state"] for door in bridge.state()["doors"]} == {"shut"})
    assert [event["step"] for event in bridge.events("commissioning")] == ["begun", "left"]
    answer = requests.post(f"{kiosk}/api/staff/sign-in", json={"badge": "A1001", "pin": PIN}, timeout=15)
    assert answer.json()["verdict"] == "in"


def test_it_does_not_begin_while_a_shopper_stands_at_an_open_door(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    bridge.agent.judge.bank_key = b"k" * 32
    bridge.agent.journal.clock.believe(time.time())
    holds_an_order(bridge, 2)
    installer.comes_in()
    answer = requests.post(f"{installer.url}/api/code", json={"code": "047193508"}, timeout=15).json()
    assert answer["verdict"] == "open"
    assert installer.refused("begin") == "in_use"
    until(lambda: bridge.state()["session"]["phase"] == "open")
    locks.shut_door(2)
    until(lambda: bridge.state()["session"]["phase"] == "shut")
    installer.does("begin")
    assert bridge.state()["session"] is None


def test_the_terminal_prints_where_the_page_is_and_a_pin_for_it(
    bridge: Bridge, installer: Installer, tmp_path: Path
) -> None:
    config = tmp_path / "bridge.toml"
    config.write_text('data_dir = "data"\ncloud_url = "http://127.0.0.1:1"\nport = "line"\n')
    terminal = Terminal("commission", "--page", "--config", str(config))
    try:
        terminal.sees(f"{bridge.agent.kiosk_url}/commission")
        terminal.sees("good once until ")
        assert terminal.ends() == 0
        pin = terminal.said.split(": ")[-1].strip()
        assert installer.does("sign-in", one_time=pin, name="Kim")["verdict"] == "in"
    finally:
        terminal.close()


def test_doors_that_hold_orders_open_for_a_managers_badge_and_pin_only(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    make_known(bridge.agent.journal, {**person("mo", "M2002"), "role": "manager"}, person("ada", "A1001"))
    bridge.agent.pins.bank_key = b"k" * 32
    holds_an_order(bridge, 2)
    installer.comes_in("Kim").does("begin")
    assert installer.is_at("goods")["goods"] == [2]
    assert installer.refused("boards", board=BOARD, sensor="door", line="x", count=1) == "not_now"
    assert installer.does("goods", sure=True, name="Mo")["verdict"] == "no"
    assert installer.does("goods", sure=True, badge="A1001", pin=PIN)["verdict"] == "no"
    assert installer.does("goods", sure=True, badge="M2002", pin=WRONG)["verdict"] == "no"
    assert locks.pulses == []
    assert installer.does("goods", sure=True, badge="M2002", pin=PIN)["verdict"] == "in"
    installer.is_at("board")
    allowed = bridge.events("commissioning")[-1]
    assert (allowed["step"], allowed["staff"], allowed["goods"]) == ("goods_may_move", "mo", [2])


def test_goods_that_become_known_meanwhile_stop_it_until_a_manager_says_so(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    installer.comes_in().begins()
    installer.names(1)
    holds_an_order(bridge, 2)
    shuts(locks, 1)
    installer.is_at("goods")
    assert locks.pulses_of(2) == 0
    installer.does("goods", sure=True, name="Mo")
    installer.does("shut")
    installer.is_at("moved")
    assert locks.pulses_of(2) == 1


def test_a_door_with_an_order_that_was_not_found_keeps_everything_from_being_written(
    bridge: Bridge, locks: LockBank, installer: Installer
) -> None:
    knows_its_doors(bridge)
    installer.url = bridge.agent.kiosk_url
    holds_an_order(bridge, 3)
    installer.comes_in().does("begin")
    installer.does("goods", sure=True, name="Mo")
    installer.begins()
    installer.names(1)
    shuts(locks, 1)
    installer.is_at("moved")
    installer.does("skip", rest=True)
    shuts(locks, 2)
    installer.is_at("review")
    assert installer.refused("write") == "lost"
    assert bridge.state()["trouble"] == "service"
    assert bridge.events("commissioned") == []


def test_sensors_the_other_way_round_are_found_out_and_read_so_from_then_on(tmp_path: Path) -> None:
    with LockBank(boards=1, doors=DOORS, protocol=PROTOCOLS[BOARD](inverted_inputs=True)) as locks:
        bridge = Bridge(tmp_path, locks)
        try:
            installer = Installer(bridge.agent.kiosk_url, bridge.config.data_dir).comes_in()
            installer.begins()
            assert installer.is_at("shut")["open"] > 0
            installer.does("shut", all_are=True)
            assert installer.is_at("wrong")["finding"]["kind"] == "inverted"
            installer.does("again")
            shuts(locks, 1)
            state = installer.is_at("moved")
            assert state["finding"]["kind"] == "right"
            assert bridge.agent.commissioning.service.course.plan.options == {"inputs_inverted": True}
        finally:
            bridge.stop()


def test_a_line_chosen_here_is_used_until_somebody_changes_the_settings(
    tmp_path: Path, locks: LockBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged = tmp_path / "by-id"
    plugged.mkdir()
    locks.link(plugged / "usb-adapter")
    monkeypatch.setattr(adapters, "BY_ID", plugged)
    bridge = Bridge(tmp_path, locks)
    (tmp_path / "line").unlink()
    try:
        installer = Installer(bridge.agent.kiosk_url, bridge.config.data_dir).comes_in()
        installer.does("begin")
        lines = installer.is_at("board")["lines"]
        assert [(Path(line["path"]).name, line["trouble"]) for line in lines] == [
            ("line", "is not there"),
            ("usb-adapter", ""),
        ]
        assert installer.refused("boards", board=BOARD, sensor="door", line="/dev/null", count=1) == "no_line"
        installer.does("boards", board=BOARD, sensor="door", line=lines[1]["path"], count=1)
        assert installer.is_at("found")["found"] == [1]
    finally:
        bridge.stop()
    chosen = adapters.choice(lines[1]["path"], bridge.config.port)
    assert adapters.chosen(lambda name: chosen, bridge.config.port) == lines[1]["path"]
    assert adapters.chosen(lambda name: chosen, "/dev/another") == "/dev/another"


def test_nobody_comes_in_without_a_manager_or_the_terminals_pin(bridge: Bridge, installer: Installer) -> None:
    make_known(bridge.agent.journal, {**person("mo", "M2002"), "role": "manager"}, person("ada", "A1001"))
    bridge.agent.pins.bank_key = b"k" * 32
    assert installer.refused("begin") == "unauthorized"
    assert installer.get("/commission/labels.html").status_code == 401
    assert installer.does("sign-in", badge="A1001", pin=PIN)["verdict"] == "no"
    assert installer.does("sign-in", one_time="12345678", name="Kim")["verdict"] == "no"
    assert installer.state()["step"] == "sign_in"
    assert installer.does("sign-in", badge="m2002", pin=PIN)["verdict"] == "in"
    installer.does("begin")
    assert bridge.events("commissioning") == [{"step": "begun", "by": "staff mo", "staff": "mo", "goods": []}]
    newcomer = Installer(installer.url, bridge.config.data_dir).comes_in()
    assert newcomer.is_at("board")
    assert installer.state()["step"] == "sign_in"


def test_a_one_time_pin_is_good_once_for_ten_minutes_and_for_few_tries(tmp_path: Path) -> None:
    now = [1000.0]
    pins = OneTimePin(tmp_path, lambda: now[0])
    pin = pins.offer()
    assert pin not in (tmp_path / "installer-pin").read_text()
    assert (tmp_path / "installer-pin").stat().st_mode & 0o777 == 0o600
    assert pins.take(pin)
    assert not pins.take(pin)
    pin = pins.offer()
    now[0] += GOOD_SECONDS
    assert not pins.take(pin)
    pin = pins.offer()
    for _ in range(TRIES):
        assert not OneTimePin(tmp_path, lambda: now[0]).take("wrong")
    assert not pins.take(pin)


def test_what_cannot_be_is_refused_in_words(installer: Installer) -> None:
    installer.comes_in().does("begin")
    installer.is_at("board")
    for body in ({}, {"board": 7}, {"board": "none", "sensor": "door", "line": "x", "count": "2"}):
        answer = installer.post("boards", **body)
        assert (answer.status_code, answer.json()["code"][:4]) == (400, "bad_")
    answer = requests.post(f"{installer.url}/api/commission/begin", data="x", timeout=15)
    assert answer.status_code == 401
    answer = requests.get(f"{installer.url}/commission", headers={"Host": "evil.example"}, timeout=15)
    assert answer.status_code == 403
