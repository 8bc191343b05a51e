"""The bridge's side of the conversation with the service: enrolment, and signed syncs."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_bridge import SOFTWARE
from firmware_bridge.clock import Clock, from_iso
from firmware_bridge.config import Config
from firmware_bridge.failpoints import reached
from firmware_bridge.identity import Identity, load_identity, private_key
from firmware_bridge.journal import Journal
from firmware_bridge.protocol import signatures
from firmware_bridge.protocol.wire import PROTOCOL
from firmware_bridge.rotation import Keyring

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
ANSWER_SECONDS = 15
LARGEST_ANSWER = 8 * 1024 * 1024


class CloudError(Exception):
    """The service did not answer as it should; `code` is stable, the text is one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoCode(Exception):
    """There is no enrolment code to use; the text says where one was looked for."""


def read_code(config: Config) -> str:
    """The one-time code from its file. Raises NoCode."""
    path = config.enrolment_code_file
    try:
        code = path.read_text(encoding="ascii").strip() if path else ""
    except (OSError, UnicodeDecodeError) as problem:
        raise NoCode(f"The enrolment code file {path} cannot be read yet.") from problem
    if not code:
        raise NoCode("There is no enrolment code: set enrolment_code_file or run `python -m firmware_bridge enrol`.")
    return code


def enrol(journal: Journal, cloud_url: str, code: str) -> Identity:
    """Trade a one-time code for an identity and keep it. The private key is made here and never leaves; it is kept
    before it is sent, so that a lost answer can be asked for again with the same key. Raises CloudError."""
    key = private_key(journal)
    body = {
        "code": code,
        "public_key": _b64(key.public_key().public_bytes_raw()),
        "proof": _b64(key.sign(code.encode())),
        "protocol": PROTOCOL,
        "software": SOFTWARE,
    }
    with requests.Session() as session:
        status, _, answer = _post(
            session,
            f"{cloud_url}/bridge/v1/enrol",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            ANSWER_SECONDS,
        )
    told = _json(answer)
    if status != 200:
        raise CloudError(_code(told, status), f"The service refused to enrol this bridge ({_code(told, status)}).")
    try:
        kept = {name: str(told[name]) for name in ("bridge_id", "key_id", "cloud_key", "bank_key")}
        Ed25519PublicKey.from_public_bytes(base64.b64decode(kept["cloud_key"], validate=True))
        base64.b64decode(kept["bank_key"], validate=True)
    except (KeyError, ValueError, binascii.Error) as problem:
        raise CloudError("bad_answer", "The service's answer to the enrolment cannot be read.") from problem
    journal.write("identity", json.dumps(kept))
    identity = load_identity(journal)
    assert identity is not None
    log.info("enrolled as bridge %s", identity.bridge_id)
    return identity


class Cloud:
    """Signed syncs over one kept connection. Not for two threads at once: each has its own."""

    def __init__(self, identity: Identity, cloud_url: str, clock: Clock, keys: Keyring | None = None) -> None:
        """`keys` changes the identity's key when that is due."""
        self._identity = identity
        self._keys = keys
        self._url = f"{cloud_url}/bridge/v1/sync"
        self._clock = clock
        self._session = requests.Session()
        self._skew = 0.0

    def close(self) -> None:
        self._session.close()

    def sync(self, body: Mapping[str, Any], wait: float) -> dict[str, Any]:
        """One exchange; `wait` is how long the service may hold it. Returns its verified answer. Raises CloudError,
        NotJournaled."""
        data = json.dumps({**body, **(self._keys.offer() if self._keys else {})}).encode()
        reached("sync_asked")
        answer = self._patiently(data, wait)
        if self._keys:
            self._keys.take(answer.get("key"))
        reached("sync_answered")
        return answer

    def _patiently(self, data: bytes, wait: float) -> dict[str, Any]:
        """Once more with the service's time, where our clock is off."""
        try:
            return self._exchange(data, wait)
        except CloudError as problem:
            if problem.code != "clock_skew":
                raise
        return self._exchange(data, wait)

    def _exchange(self, data: bytes, wait: float) -> dict[str, Any]:
        nonce, identity = secrets.token_hex(16), self._keys.identity if self._keys else self._identity
        request = signatures.Request("POST", self._url, {"Content-Type": "application/json"}, data)
        signatures.sign_request(request, key_id=identity.key_id, key=identity.key, now=self._now(), nonce=nonce)
        status, headers, answer = _post(self._session, self._url, data, request.headers, wait + ANSWER_SECONDS)
        if status != 200:
            raise self._refusal(status, _json(answer))
        try:
            signatures.verify_response(
                signatures.Response(status, headers, answer),
                nonce=nonce,
                now=self._now(),
                cloud_key=identity.cloud_key,
            )
        except signatures.BadSignature as problem:
            raise CloudError(problem.code, f"The service's answer is not signed as it must be ({problem}).") from None
        return _json(answer)

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock.now() + self._skew, dt.UTC)

    def _refusal(self, status: int, told: Mapping[str, Any]) -> CloudError:
        """A refusal is not signed: the time in it serves to sign again, and is believed for nothing else."""
        code = _code(told, status)
        if code == "clock_skew":
            try:
                self._skew = from_iso(told.get("time")) - self._clock.now()
            except ValueError:
                code = "bad_answer"
        return CloudError(code, f"The service refused the sync ({code}).")


def _post(
    session: requests.Session, url: str, data: bytes, headers: Mapping[str, str], seconds: float
) -> tuple[int, dict[str, str], bytes]:
    try:
        with session.post(
            url,
            data=data,
            headers={**headers, "Accept-Encoding": "identity"},
            stream=True,
            timeout=(CONNECT_SECONDS, seconds),
            allow_redirects=False,
        ) as answer:
            body = b""
            for part in answer.iter_content(64 * 1024):
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise CloudError("bad_answer", "The service's answer is too large.")
    except (requests.RequestException, OSError) as problem:
        raise CloudError("unreachable", f"The service cannot be reached ({type(problem).__name__}).") from problem
    return answer.status_code, dict(answer.headers), body


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(told: Mapping[str, Any], status: int) -> str:
    code = told.get("code")
    return code if isinstance(code, str) and code.isidentifier() else f"http_{status}"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
