"""A serial device that can be pulled and put back."""

from __future__ import annotations

import os
import pty
import tty
from pathlib import Path


class Plug:
    """A scanner on a USB-serial line: `path` is a link that the system sets, as under /dev/serial/by-id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.put_in()

    def put_in(self) -> None:
        self.controller, device = pty.openpty()
        tty.setraw(self.controller)
        tty.setraw(device)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(device))
        os.close(device)

    def pull(self) -> None:
        self.path.unlink()
        os.close(self.controller)

    def send(self, data: bytes) -> None:
        os.write(self.controller, data)
