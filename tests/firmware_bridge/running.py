"""A bridge in this process that a test may stop and start again; it never outlives the test."""

from __future__ import annotations

from typing import Any, Self

import requests

from firmware_bridge.agent import Agent
from firmware_bridge.config import Config
from firmware_bridge.folder import opened_data


class Running:
    """The whole bridge with its kiosk, by its settings."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._data = opened_data(self.config)
        self.agent = Agent(self.config, self._data.__enter__())
        self.agent.start()

    def stop(self) -> None:
        self.agent.stop()
        self._data.__exit__(None, None, None)

    def state(self, since: int = 0) -> dict[str, Any]:
        return requests.get(f"{self.agent.kiosk_url}/api/state?since={since}", timeout=15).json()

    def post(self, path: str, **body: Any) -> Any:
        return requests.post(f"{self.agent.kiosk_url}/api/{path}", json=body, timeout=15).json()
