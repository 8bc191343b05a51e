"""One development copy of everything: where it keeps its data, its addresses, its environment and its programs."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from . import ROOT, Trouble
from .embedded import valkey_answers, valkey_command
from .probes import HttpProbe
from .supervisor import Program

PORTS = {"web": "the pages", "bridges": "the bridges", "bridge": "the kiosk", "sandbox": "the sandbox"}
"""The programs that serve HTTP, in the order of their ports, and what is behind each."""
MAIL = "the sandbox’s mail"
"""What is behind the port after those."""
SERVICE, STORE, WORLD = 1, 2, 0
"""Stages: the store's bridge stops first, then the service, then the world it talks to."""
TAKEN = len(PORTS) + 1
"""Neighbouring ports a copy takes."""
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class Stack:
    """A copy's data folder and addresses, without a slash at the end."""

    data_dir: Path
    web: str
    bridges: str
    kiosk: str
    sandbox: str
    mail: str

    @classmethod
    def at(cls, data_dir: Path, port: int) -> Stack:
        """The copy whose four HTTP ports start at `port`; the mail's comes behind them."""
        http = (f"http://127.0.0.1:{port + n}" for n in range(len(PORTS)))
        return cls(data_dir.resolve(), *http, f"smtp://127.0.0.1:{port + len(PORTS)}")

    def ports(self) -> dict[int, str]:
        """Every port and what it is for."""
        first = int(self.web.rpartition(":")[2])
        return {first + n: what for n, what in enumerate((*PORTS.values(), MAIL))}

    @property
    def ready_file(self) -> Path:
        """There while everything answers."""
        return self.data_dir / "ready.json"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the data folder and keep every other copy out of it. Raises Trouble."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.data_dir / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as problem:
            raise Trouble(f"Cannot write to {self.data_dir}: {problem.strerror}.") from problem
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Trouble(f"Another copy runs in {self.data_dir}; stop it or choose another --data-dir.") from None
        finally:
            self.ready_file.unlink(missing_ok=True)
            os.close(handle)

    def announce(self) -> None:
        """Say in the data folder that everything answers."""
        words = {key: str(value) for key, value in asdict(self).items()} | {"pid": os.getpid()}
        self.ready_file.write_text(json.dumps(words, indent=2))

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What every program is told. A DATABASE_URL or REDIS_URL given from outside stays."""
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # or every start would compile everything again
            "GUNICORN_CMD_ARGS": "--log-level=warning",
            "HOST": "127.0.0.1",
            "LOG_FORMAT": given.get("LOG_FORMAT") or "text",
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": given.get("DATABASE_URL") or f"sqlite:///{self.data_dir}/bopis.db",
            "REDIS_URL": given.get("REDIS_URL") or f"unix://{self.socket}",
            "SECRET_KEYS": self._secret_keys(),
            "PUBLIC_URL": self.web,
            "BRIDGES_URL": self.bridges,
            "KIOSK_URL": self.kiosk,
            "SHOPIFY_URL": self.sandbox,
            "TWILIO_URL": self.sandbox,
            "STRIPE_URL": self.sandbox,
            "WOOCOMMERCE_URL": self.sandbox,
            "BIGCOMMERCE_URL": f"{self.sandbox}/bigcommerce",
            "SQUARE_URL": f"{self.sandbox}/square",
            "MAGENTO_URL": f"{self.sandbox}/magento",
            "PRIVATE_URLS": "sandbox",  # the shops of this machine are told, and asked, without https
            "SMTP_URL": self.mail,
            "MAIL_FROM": "Fernhill <pickup@fernhill.example>",
            "SANDBOX_MAIL_PORT": self.mail.rpartition(":")[2],
        }
        return {**given, **own}

    @property
    def socket(self) -> Path:
        """Where the embedded Valkey listens."""
        path = self.data_dir / "valkey.sock"
        if len(str(path)) > LONGEST_SOCKET_PATH:
            raise Trouble(f"The path {self.data_dir} is too long for a socket; choose a shorter --data-dir.")
        return path

    def valkey(self, environment: Mapping[str, str]) -> Program:
        """The embedded Valkey."""
        return Program("valkey", valkey_command(self.socket), environment, WORLD, partial(valkey_answers, self.socket))

    def once(self, name: str, module: str, environment: Mapping[str, str]) -> Program:
        """A Python module that runs to its end."""
        return Program(name, (sys.executable, "-m", *module.split()), environment)

    def programs(self, environment: Mapping[str, str]) -> list[Program]:
        """The processes of Procfile and Procfile.dev, release excepted."""
        service = [self._program(*line, environment, SERVICE) for line in procfile(ROOT / "Procfile")]
        around = [self._program(*line, environment, STORE) for line in procfile(ROOT / "Procfile.dev")]
        return service + around

    def _program(self, name: str, command: str, environment: Mapping[str, str], stage: int) -> Program:
        stage = WORLD if name == "sandbox" else stage
        shell = ("/bin/sh", "-c", f"exec {command}")
        if name not in PORTS:
            return Program(name, shell, environment, stage)
        port = list(self.ports())[list(PORTS).index(name)]
        answers = HttpProbe(f"http://127.0.0.1:{port}/livez")
        return Program(name, shell, {**environment, "PORT": str(port)}, stage, answers)

    def write_bridge_settings(self) -> None:
        """The store bridge's own file; its enrolment code and its lock boards' line come from the sandbox."""
        settings = {
            "data_dir": "bridge",
            "cloud_url": self.bridges,
            "port": str(self.data_dir / "bank.tty"),
            "kiosk_port": int(self.kiosk.rpartition(":")[2]),
            "enrolment_code_file": "enrolment-code",
        }
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
        (self.data_dir / "bridge.toml").write_text("".join(lines))

    def _secret_keys(self) -> str:
        """Made once, for this user's eyes only: without the same keys nothing sealed before can be opened."""
        path = self.data_dir / "secret_keys"
        if not (path.exists() and path.read_text()):
            path.touch(0o600)
            path.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        return path.read_text()


def procfile(path: Path) -> list[tuple[str, str]]:
    """Name and command of each process in a Procfile; `release` is left out, it does not stay."""
    lines = (line.partition(":") for line in path.read_text().splitlines() if line.strip() and line[0] != "#")
    return [(name.strip(), command.strip()) for name, _, command in lines if name.strip() != "release"]
