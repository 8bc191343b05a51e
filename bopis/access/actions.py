"""Keys made and taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from bopis import changes
from bopis.access.models import ApiKey
from bopis.access.scopes import checked
from bopis.errors import Invalid
from bopis.ids import new_id

_LETTERS = string.ascii_lowercase + string.digits
_PREFIX, _SECRET_BYTES, _LONGEST_NAME = 8, 32, 60
USE_NOTED_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class NewKey:
    """A key just made. `text` is what its program shows; it is shown to a person this once and kept nowhere."""

    key: ApiKey
    text: str = field(repr=False)


def create(
    session: Session,
    merchant_id: str,
    name: str,
    scopes: Iterable[str],
    now: dt.datetime,
    *,
    actor: str,
    store_id: str | None = None,
) -> NewKey:
    """Let a program in. Raises Invalid without a name, or for scopes that there are not."""
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not name:
        raise Invalid("no_name", "Say what the key is for, such as “stock system”.")
    prefix = "bopis_" + "".join(secrets.choice(_LETTERS) for _ in range(_PREFIX))
    text = f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    key = ApiKey(
        id=new_id(),
        merchant_id=merchant_id,
        store_id=store_id,
        name=name,
        prefix=prefix,
        key_hash=key_hash(text),
        scopes=" ".join(checked(scopes)),
        created_by=actor,
        created_at=now,
    )
    session.add(key)
    session.flush()
    changes.note(session, merchant_id, key.id, "api_key", None, _facts(key), actor=actor, now=now)
    return NewKey(key, text)


def revoke(session: Session, key: ApiKey, now: dt.datetime, *, actor: str) -> None:
    """Let a program in no more, from its next request on."""
    if key.revoked_at is not None:
        return
    key.revoked_at, key.revoked_by = now, actor
    session.flush()
    changes.note(session, key.merchant_id, key.id, "api_key", _facts(key), None, actor=actor, now=now)


def note_use(session: Session, key_id: str, now: dt.datetime) -> None:
    """Write down that a key is in use."""
    unknown = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - USE_NOTED_EVERY)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, unknown).values(last_used_at=now))


def key_hash(text: str) -> str:
    """What is kept of a key; 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _facts(key: ApiKey) -> dict[str, str | None]:
    return {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "store": key.store_id}
