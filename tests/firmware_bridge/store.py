"""A whole bridge in this process, between a small service over HTTP and emulated boards over a pseudo-terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from firmware_bridge.config import Config
from sandbox.lockbank import LockBank
from tests.firmware_bridge.fake_cloud import FakeCloud
from tests.firmware_bridge.running import Running
from tests.firmware_bridge.world import until

RIGHT = "047193508"


class Store(Running):
    """One bridge with its kiosk."""

    def __init__(self, folder: Path, cloud: FakeCloud, locks: LockBank, *, has_code: bool = True) -> None:
        if has_code:
            (folder / "code").write_text(cloud.code + "\n")
        self.cloud, self.locks = cloud, locks
        super().__init__(
            Config(folder / "data", cloud.url, locks.path, kiosk_port=0, enrolment_code_file=folder / "code")
        )

    def ready(self) -> Store:
        until(lambda: all(door["state"] == "shut" for door in self.state()["doors"]) and self.state()["ready"])
        return self

    def phase(self, phase: str) -> dict[str, Any]:
        return until(lambda: (self.state()["session"] or {}).get("phase") == phase and self.state()["session"])

    def holds(self, body: dict[str, Any]) -> None:
        """Give the bridge a grant and wait until it has it."""
        self.cloud.tell(grants=[body])
        until(
            lambda: self.agent.journal.rows(
                "SELECT 1 FROM grants WHERE id = ? AND version = ?", body["id"], body["version"]
            )
        )

    def present(self) -> str:
        code = self.state()["presence"]["code"]
        return self.cloud.result(self.cloud.command("take_presence", code=code, staff="staff-1"))["data"]["session"]
