"""Pickup codes and QR tokens: how they are made, written, read and verified.

A code is three selector digits, which say which grant is meant, and six secret digits. A guess therefore meets exactly
one grant, whatever the number of live ones (NIST SP 800-63B asks 20 bits for such a secret; six digits are 19.9, and
the throttles in `firmware_bridge.access` carry the rest). What is kept is an Argon2id verifier over an HMAC with the
bank's key, so neither the cloud's database nor the bridge's disk alone gives a code back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

SELECTOR_DIGITS = 3
SECRET_DIGITS = 6
CODE_DIGITS = SELECTOR_DIGITS + SECRET_DIGITS
QR_PREFIX = "LKR1:"
QR_BYTES = 16
LONGEST_SCAN = 64

_QR = re.compile(r"LKR1:[A-Z2-7]{26}")


@dataclass(frozen=True)
class Code:
    """A pickup code taken apart. `repr` never shows the secret."""

    selector: str
    secret: str

    def __repr__(self) -> str:
        return f"Code(selector={self.selector!r}, secret=…)"

    def written(self) -> str:
        """The code as people read it: `047 193 508`."""
        digits = self.selector + self.secret
        return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def make_code(selector: int, secret: int) -> Code:
    """Build a code from two numbers; the caller draws them.

    Raises ValueError when a number has too many digits.
    """
    if not 0 <= selector < 10**SELECTOR_DIGITS or not 0 <= secret < 10**SECRET_DIGITS:
        raise ValueError("selector or secret out of range")
    return Code(f"{selector:0{SELECTOR_DIGITS}d}", f"{secret:0{SECRET_DIGITS}d}")


def read_code(text: str) -> Code | None:
    """Read a typed code, blanks and hyphens allowed; None when it is not nine ASCII digits."""
    digits = re.sub(r"[ \-]", "", text)
    if not re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", digits):
        return None
    return Code(digits[:SELECTOR_DIGITS], digits[SELECTOR_DIGITS:])


def verifier(bank_key: bytes, grant_id: str, version: int, secret: str, salt: bytes) -> bytes:
    """The 32 bytes kept instead of the secret digits: Argon2id (19 MiB, t=2, p=1) over an HMAC with the bank's key.

    `salt` is 16 random bytes, one per grant version. Parameters: OWASP ASVS 5.0, 11.4.2.
    """
    message = f"{grant_id}\x1f{version}\x1f{secret}".encode()
    peppered = hmac.new(bank_key, message, hashlib.sha256).digest()
    return hash_secret_raw(peppered, salt, time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, type=Type.ID)


def matches(expected: bytes, presented: bytes) -> bool:
    """Compare two verifiers or hashes in constant time."""
    return hmac.compare_digest(expected, presented)


def write_qr(token: bytes) -> str:
    """The text inside the QR symbol for a 16-byte token: 31 characters, all in QR's alphanumeric mode."""
    if len(token) != QR_BYTES:
        raise ValueError("a QR token is 16 bytes")
    return QR_PREFIX + base64.b32encode(token).decode().rstrip("=")


def read_qr(text: str) -> bytes | None:
    """The 16 bytes of a scanned QR, or None for anything that is not one of ours. Input is hostile: one pattern."""
    if len(text) > LONGEST_SCAN or not _QR.fullmatch(text):
        return None
    return base64.b32decode(text[len(QR_PREFIX) :] + "======")


def badge_hmac(bank_key: bytes, badge: str) -> str:
    """What a bridge keeps (hex) of a badge's number, in capitals: which badge it is, not what is written on it."""
    return hmac.new(bank_key, f"badge\x1f{badge.strip().upper()}".encode(), hashlib.sha256).hexdigest()


def qr_hash(token: bytes) -> str:
    """The SHA-256 (hex) kept instead of a QR token; 128 random bits need no slow hash."""
    return hashlib.sha256(token).hexdigest()
