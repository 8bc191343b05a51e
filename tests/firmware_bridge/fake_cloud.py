"""A small service for the bridge to dial: the binding protocol over real HTTP, and whatever a test wants it to say."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware_bridge.protocol import signatures, wire

BANK_KEY = b"k" * 32


class FakeCloud:
    """Answers enrolments and syncs. `events`, `results` and `doors` hold what the bridge reported."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.code = "7K3M-Q9WX"
        self.bridge_key: Ed25519PublicKey | None = None
        self.keys: dict[str, Ed25519PublicKey] = {}
        """Keys by name; the first is named as its bridge."""
        self.signed_by: list[str] = []
        self.wants_new_key = False
        self.events: dict[int, dict[str, Any]] = {}
        self.results: dict[str, dict[str, Any]] = {}
        self.doors: dict[str, Any] = {}
        self.syncs: list[dict[str, Any]] = []
        self._ahead = dt.timedelta()
        self.tamper: Callable[[signatures.Response], None] = lambda answer: None
        self.silent = False
        self._layout: dict[str, Any] | None = None
        self._lists: dict[str, dict[str, Any]] = {}
        self._grants: list[dict[str, Any]] = []
        self._commands: list[dict[str, Any]] = []
        self._version = 0
        self._moved = threading.Condition()
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Any question without a signature: it lives."""
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                cloud._serve(self)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A bridge that was stopped hangs up in the middle; that is its right."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> FakeCloud:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.silence(True)
        self._server.shutdown()
        self._server.server_close()

    def silence(self, silent: bool) -> None:
        """Refuse every sync, or answer again; syncs held open end at once."""
        with self._moved:
            self.silent = silent
            self._moved.notify_all()

    def skip(self, hours: float) -> None:
        """Be so far ahead of the machine the bridge runs on."""
        self._ahead = dt.timedelta(hours=hours)

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self._ahead

    def tell(
        self,
        layout: dict[str, Any] | None = None,
        grants: list[dict[str, Any]] | None = None,
        commands: list[dict[str, Any]] | None = None,
        **lists: dict[str, Any],
    ) -> None:
        """Say something in the next answer. `lists`: staff, work or settings, with their hashes."""
        with self._moved:
            self._layout = layout or self._layout
            self._lists |= lists
            if grants:
                self._version += 1
                self._grants += [{**grant, "_at": self._version} for grant in grants]
            self._commands += commands or []
            self._moved.notify_all()

    def command(self, kind: str, seconds: float = 30, **fields: Any) -> str:
        """Send a command and return its id."""
        command, now = uuid.uuid4().hex, self.now()
        self.tell(
            commands=[
                {
                    "id": command,
                    "kind": kind,
                    "issued_at": now.isoformat(),
                    "actor": "staff:1",
                    "expires_at": (now + dt.timedelta(seconds=seconds)).isoformat(),
                    **fields,
                }
            ]
        )
        return command

    def wait(self, condition: Callable[[FakeCloud], Any], seconds: float = 10) -> Any:
        """Wait until something was reported; returns what `condition` found. Fails when it never came."""
        with self._moved:
            found = self._moved.wait_for(lambda: condition(self), seconds)
        assert found, f"the bridge never reported it; events: {[event['kind'] for event in self.events.values()]}"
        return found

    def result(self, command: str) -> dict[str, Any]:
        return self.wait(lambda cloud: cloud.results.get(command))

    def event(self, kind: str, **data: Any) -> dict[str, Any]:
        """Wait for an event of a kind whose data holds `data`; returns its data."""
        return self.wait(
            lambda cloud: next(
                (
                    event["data"]
                    for event in cloud.events.values()
                    if event["kind"] == kind and data.items() <= event["data"].items()
                ),
                None,
            )
        )

    def kinds(self) -> list[str]:
        return [event["kind"] for _, event in sorted(self.events.items())]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if handler.path == "/bridge/v1/enrol":
            status, answer, headers = self._enrol(json.loads(body))
        else:
            status, answer, headers = self._sync(handler, body)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _enrol(self, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(body["public_key"]))
        try:
            key.verify(base64.b64decode(body["proof"]), body["code"].encode())
        except InvalidSignature:
            return 400, {"code": "bad_proof", "message": ""}, {}
        if body["code"] != self.code:
            return 403, {"code": "enrolment_refused", "message": ""}, {}
        self.bridge_key = key
        public = self.key.public_key().public_bytes_raw()
        return (
            200,
            {
                "bridge_id": "bridge-1",
                "key_id": "bridge-1",
                "cloud_key": base64.b64encode(public).decode(),
                "bank_key": base64.b64encode(BANK_KEY).decode(),
                "time": self.now().isoformat(),
            },
            {},
        )

    def _sync(self, handler: BaseHTTPRequestHandler, raw: bytes) -> tuple[int, Any, dict[str, str]]:
        request = signatures.Request("POST", self.url + handler.path, dict(handler.headers), raw)
        try:
            signed = signatures.verify_request(request, find_key=self._key, now=self.now())
        except signatures.BadSignature as problem:
            return 401, {"code": problem.code, "time": self.now().isoformat()}, {}
        if self.silent:
            return 503, {"code": "unavailable", "message": ""}, {}
        body = json.loads(raw)
        self.signed_by.append(signed.key_id)
        answer = self._answer(body) | self._about_keys(body)
        message = signatures.Response(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())
        signatures.sign_response(message, key_id="cloud-1", key=self.key, now=self.now(), nonce=signed.nonce)
        self.tamper(message)
        return 200, message.body, message.headers

    def _key(self, name: str) -> Ed25519PublicKey | None:
        return self.keys.get(name, self.bridge_key if name == "bridge-1" else None)

    def _about_keys(self, body: dict[str, Any]) -> dict[str, Any]:
        if "new_key" not in body:
            return {"key": {"wanted": True}} if self.wants_new_key else {}
        raw = base64.b64decode(body["new_key"]["public_key"])
        public = Ed25519PublicKey.from_public_bytes(raw)
        public.verify(base64.b64decode(body["new_key"]["proof"]), wire.proof_of_key("bridge-1", raw))
        name = f"bridge-1.2-{hashlib.sha256(raw).hexdigest()[:8]}"
        self.keys[name], self.wants_new_key = public, False
        return {"key": {"id": name}}

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._moved:
            self.syncs.append(body)
            self.doors = body["doors"]
            for event in body["events"]:
                self.events.setdefault(event["seq"], event)
            for result in body["results"]:
                self.results[result["command"]] = result
            self._moved.notify_all()
            known = int(body["cursor"]) if (body["cursor"] or "").isdecimal() else None

            def news() -> bool:
                fresh = self._layout is not None and self._layout["hash"] != body["layout"]
                told = bool(self._commands or self._news_of_lists(body))
                return self.silent or fresh or known != self._version or told

            if not body["events"] and not body["results"]:
                self._moved.wait_for(news, body["wait"])
            commands, self._commands = self._commands, []
            acked = 0
            while acked + 1 in self.events:
                acked += 1
            layout = self._layout if self._layout and self._layout["hash"] != body["layout"] else None
            grants = [
                {k: v for k, v in grant.items() if k != "_at"}
                for grant in self._grants
                if known is None or grant["_at"] > known
            ]
            return {
                "cursor": str(self._version),
                "reset": known is None,
                "acked": acked,
                "time": self.now().isoformat(),
                "grants": grants,
                "layout": layout,
                "commands": commands,
                **self._news_of_lists(body),
                **({"lease_until": (self.now() + dt.timedelta(hours=72)).isoformat()} if self._lists else {}),
            }

    def _news_of_lists(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: said for name, said in self._lists.items() if said["hash"] != body.get(name)}
