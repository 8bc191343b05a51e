"""The lock bank as the sandbox runs it: started, linked to a fixed path, and with its page."""

from __future__ import annotations

from flask import Blueprint

from sandbox.config import BankConfig
from sandbox.lockbank import LockBank
from sandbox.lockbank.page import bank_page


class LockMachine:
    """Running from the moment it is made until `stop`."""

    def __init__(self, config: BankConfig) -> None:
        boards = max(int(door["board"]) for door in config.doors) + 1
        self._bank = LockBank(boards=boards, doors=config.doors).start()
        self._bank.link(config.tty)
        self.page: Blueprint = bank_page(self._bank)

    def stop(self) -> None:
        """Unplug the line and remove the link."""
        self._bank.stop()
