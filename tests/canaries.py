"""I7: codes, QR tokens, shoppers' links and phone numbers stand nowhere in clear: not in a dump of the database, not in
Redis or in anything ever said to it, not on the bridge's disk, not in a log.

Whoever looks must know what to look for, so the canaries are read with the copy's own keys and from the texts.
"""

from __future__ import annotations

import base64
import codecs
import re
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
import sqlalchemy as sa

LAST = b"nothing more is listened to"
DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def forms(secret: str) -> set[bytes]:
    """A secret as it might stand somewhere: itself, bare, in hex, in base64."""
    bare = re.sub(r"[ +-]", "", secret)
    plain = {secret.encode(), bare.encode()}
    if len(bare) == 9 and bare.isdigit():
        plain |= {f"{bare[:3]}{sep}{bare[3:6]}{sep}{bare[6:]}".encode() for sep in " -"}
    in_base64 = {base64.b64encode(form).rstrip(b"=")[:-1] for form in plain}
    return plain | {form.hex().encode() for form in plain} | in_base64


def found(canaries: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """The places in which one of the canaries stands."""
    wanted = {form for canary in canaries for form in forms(canary)}
    return sorted({place for place, content in places if any(form in content for form in wanted)})


def database(url: str) -> Iterator[tuple[str, bytes]]:
    """Every table row by row; of SQLite also the file as it lies on the disk, with what was deleted in it."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        yield from files(path, path.with_name(path.name + "-wal"))
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        for table in sa.inspect(engine).get_table_names():
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()
            yield f"table {table}", b"\n".join(_written(value) for row in rows for value in row)
    engine.dispose()


def files(*paths: Path) -> Iterator[tuple[str, bytes]]:
    """These files, as far as they are there."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield str(path.name), path.read_bytes()


@contextmanager
def overheard(socket: Path) -> Iterator[list[bytes]]:
    """Everything that is said to a Redis while this lasts, RQ's deflated jobs inflated."""
    said: list[bytes] = []
    connection = redis.Redis.from_url(f"unix://{socket}")
    monitor = connection.monitor()
    monitor.__enter__()

    def listen() -> None:
        while not (said and LAST in said[-1]):
            try:
                said.append(_inflated(monitor.connection.read_response(disable_decoding=True)))
            except (redis.RedisError, OSError, ValueError, AttributeError):
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        connection.echo(LAST)
        thread.join(10)
        monitor.connection.disconnect()
        connection.close()


def _inflated(line: bytes) -> bytes:
    raw, _ = codecs.escape_decode(line)
    parts = [line, raw]
    for start in DEFLATED.finditer(raw):
        with suppress(zlib.error):
            parts.append(zlib.decompressobj().decompress(raw[start.start() :]))
    return b"\n".join(parts)


def _written(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
