"""Somebody sets up the doors at the page of a running bridge, by the page's own HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from firmware_bridge.commission.one_time import OneTimePin
from firmware_bridge.config import Config
from sandbox.lockbank import LockBank
from tests.firmware_bridge.running import Running
from tests.firmware_bridge.world import until

BOARD = "modbus-rtu-relay"


class Bridge(Running):
    """A running bridge before real frames; nobody has told it of a service."""

    def __init__(self, folder: Path, locks: LockBank) -> None:
        line = locks.link(folder / "line")
        super().__init__(Config(folder / "data", "http://127.0.0.1:1", str(line), kiosk_port=0))

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.agent.journal.events(200) if event["kind"] == kind]


class Installer:
    """Whoever stands at the bank with a tablet."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder = url, folder
        self._session = requests.Session()

    def post(self, path: str, **body: Any) -> requests.Response:
        return self._session.post(f"{self.url}/api/commission/{path}", json=body, timeout=15)

    def does(self, path: str, **body: Any) -> dict[str, Any]:
        """A step that is allowed."""
        answer = self.post(path, **body)
        assert answer.ok, answer.text
        return answer.json()

    def refused(self, path: str, **body: Any) -> str:
        """The code of a step that is not."""
        answer = self.post(path, **body)
        assert not answer.ok, answer.text
        return answer.json()["code"]

    def get(self, path: str) -> requests.Response:
        return self._session.get(f"{self.url}{path}", timeout=15)

    def state(self) -> dict[str, Any]:
        return self.get("/api/commission/state").json()

    def comes_in(self, name: str = "Kim") -> Installer:
        """With the PIN that the terminal printed."""
        pin = OneTimePin(self._folder).offer()
        assert self.does("sign-in", one_time=pin, name=name)["verdict"] == "in"
        return self

    def is_at(self, step: str) -> dict[str, Any]:
        """Wait until this is asked, with nothing under way."""

        def there() -> dict[str, Any] | None:
            state = self.state()
            return state if state["step"] == step and not state.get("doing") else None

        return until(there, 30)

    def begins(self, board: str = BOARD, count: int = 1, resume: bool = False) -> dict[str, Any]:
        """Close the bank, find its boards, and open the first door."""
        self.does("begin")
        return self.finds(board, count, resume)

    def finds(self, board: str = BOARD, count: int = 1, resume: bool = False) -> dict[str, Any]:
        """Find the boards of a closed bank, and open the first door."""
        line = self.is_at("board")["line"]
        self.does("boards", board=board, sensor="door", line=line, count=count, resume=resume)
        self.is_at("found")
        self.does("take")
        return self.state()

    def names(self, number: int, row: int = 0, **more: Any) -> None:
        """Say what the open door is."""
        state = self.is_at("moved")
        described = {name: state["suggested"][name] for name in ("size", "column", "height", "accessible")}
        self.does("name", **{**described, "number": number, "row": row, **more})

    def passes(self, count: int = 1) -> None:
        for _ in range(count):
            self.is_at("nothing")
            self.does("skip")
