"""A whole bridge between a small service over HTTP and emulated boards over a pseudo-terminal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from firmware_bridge.protocol import codes
from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.store import RIGHT, Store
from tests.firmware_bridge.world import grant, until


def test_the_right_code_opens_its_door_and_the_service_hears_of_it(store: Store) -> None:
    store.holds(grant(7))
    asked = time.monotonic()
    assert store.post("code", code=RIGHT) == {"verdict": "open", "retry_after": None}
    assert store.phase("open")["door"] == 7
    assert [pulse.door for pulse in store.locks.pulses] == [7]
    assert store.locks.pulses[0].mono - asked < 1
    opened = store.cloud.event("door_opened", door=7, cause="grant", grant="grant-1", pulses=1)
    store.locks.shut_door(7)
    session = store.phase("shut")
    assert session["can_reopen"]
    shut = store.cloud.event("door_shut", door=7, cause="grant")
    assert (shut["attempt"], shut["item"]) == (opened["attempt"], "absent")


def test_a_wrong_code_opens_nothing(store: Store) -> None:
    store.holds(grant(7))
    assert store.post("code", code="047193509")["verdict"] == "no"
    assert store.cloud.event("code_refused")["reason"] == "wrong_code"
    assert store.locks.pulses == []


def test_a_scanned_qr_opens_its_door_and_the_buttons_do_what_they_say(store: Store) -> None:
    store.holds(grant(9, 10))
    assert store.post("scan", text=codes.write_qr(b"q" * 16))["verdict"] == "open"
    session = store.phase("open")
    assert (session["door"], session["doors_left"], session["doors_total"]) == (9, 1, 2)
    store.post("next")
    until(lambda: (store.state()["session"] or {}).get("door") == 10)
    store.phase("open")
    store.locks.shut_door(10)
    store.phase("shut")
    store.post("again")
    store.phase("open")
    assert store.post("problem", problem="empty") == {"ok": True}
    store.cloud.event("problem_reported", problem="empty", door=10)
    assert store.post("done") == {"ok": True}
    assert store.state()["session"] is None
    assert store.post("done")["code"] == "nothing_to_do"
    assert [pulse.door for pulse in store.locks.pulses] == [9, 10, 10]


def test_loading_takes_presence_opens_and_reports_the_goods(store: Store) -> None:
    session = store.present()
    done = store.cloud.command("open", door=12, cause="load", placement="place-1", session=session)
    assert store.cloud.result(done)["status"] == "done"
    assert store.phase("open")["who"] == "staff"
    store.locks.put_item(12)
    store.locks.shut_door(12)
    shut = store.cloud.event("door_shut", door=12)
    assert (shut["cause"], shut["placement"], shut["item"]) == ("load", "place-1", "present")


def test_a_command_played_back_opens_no_second_door(store: Store) -> None:
    command = store.cloud.command("open", door=3, cause="assist", placement=None, session=None)
    store.cloud.result(command)
    until(lambda: store.agent.journal.rows("SELECT 1 FROM commands WHERE reported = 1"))
    store.cloud.results.clear()
    store.cloud.tell(
        commands=[
            {
                "id": command,
                "kind": "open",
                "issued_at": "",
                "expires_at": "",
                "actor": "",
                "door": 4,
                "cause": "assist",
                "placement": None,
                "session": None,
            }
        ]
    )
    assert store.cloud.result(command)["status"] == "done"
    assert [pulse.door for pulse in store.locks.pulses] == [3]


def test_the_kiosk_hands_out_with_the_service_gone_and_reports_when_it_is_back(store: Store) -> None:
    store.holds(grant(7))
    store.cloud.silence(True)
    until(lambda: not store.state()["online"])
    assert store.post("code", code=RIGHT)["verdict"] == "open"
    store.phase("open")
    store.locks.shut_door(7)
    store.phase("shut")
    assert "door_opened" not in store.cloud.kinds()
    store.cloud.silence(False)
    store.cloud.event("door_shut", door=7, cause="grant")
    assert sorted(store.cloud.events) == list(range(1, len(store.cloud.events) + 1))
    until(lambda: store.state()["online"])


def test_a_restart_without_the_service_still_hands_out(store: Store) -> None:
    store.holds(grant(7))
    store.stop()
    store.cloud.silence(True)
    store.start()
    store.ready()
    assert store.post("code", code=RIGHT)["verdict"] == "open"
    store.phase("open")


def test_a_revocation_is_obeyed_as_soon_as_it_is_heard(store: Store) -> None:
    store.holds(grant(7))
    store.cloud.tell(grants=[{"id": "grant-1", "version": 1, "revoked": True}])
    until(lambda: store.agent.journal.rows("SELECT 1 FROM grants WHERE body IS NULL"))
    assert store.post("code", code=RIGHT)["verdict"] == "no"


def test_an_answer_somebody_changed_on_the_way_is_not_believed(store: Store) -> None:
    def tamper(answer: Any) -> None:
        answer.body = answer.body.replace(b'"door": 3', b'"door": 4')

    store.cloud.tamper = tamper
    store.cloud.command("open", door=3, cause="assist", placement=None, session=None)
    until(lambda: not store.state()["online"])
    assert store.locks.pulses == []


def test_a_bridge_whose_clock_is_wrong_learns_the_time_and_is_heard(
    tmp_path: Path, cloud: FakeCloud, locks: LockBank
) -> None:
    cloud.skip(hours=5)
    with Store(tmp_path, cloud, locks) as store:
        store.ready()
        until(lambda: store.state()["online"])
        assert abs(store.agent.journal.clock.now() - cloud.now().timestamp()) < 5
        store.holds(grant(7, now=cloud.now().timestamp()))
        assert store.post("code", code=RIGHT)["verdict"] == "open"


def test_before_enrolment_the_kiosk_says_so_and_a_late_code_is_used(
    tmp_path: Path, cloud: FakeCloud, locks: LockBank
) -> None:
    with Store(tmp_path, cloud, locks, has_code=False) as store:
        assert store.state()["trouble"] == "not_enrolled"
        assert store.post("code", code=RIGHT)["verdict"] == "closed"
        (tmp_path / "code").write_text(cloud.code)
        store.ready()


def test_the_picture_changes_as_soon_as_a_door_does(store: Store) -> None:
    seq = store.state()["seq"]
    store.locks.open_door(5)
    until(lambda: store.state()["doors"][4]["state"] == "open")
    assert store.state(since=seq)["seq"] > seq
    assert store.cloud.event("door_opened", door=5)["cause"] == "unexpected"
    store.cloud.wait(lambda cloud: cloud.doors["5"]["door"] == "open")


def test_a_silent_bank_is_a_trouble_with_a_name(store: Store) -> None:
    store.locks.misbehave(silent=True)
    until(lambda: store.state()["trouble"] == "board_silent")
    assert not store.state()["ready"]
