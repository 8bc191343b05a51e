"""Everything that is ever written on a timeline has words that staff read."""

from __future__ import annotations

import re
from pathlib import Path

from bopis import pickups, web
from bopis.pickups.lifecycle import STATES
from bopis.pickups.words import REASONS
from bopis.web.associate.story import WORDS
from firmware_bridge.protocol.wire import CAUSES

_WRITES = re.compile(r'(?:_say|timeline\.write)\(session, [\w.]+, "([a-z_]+)"|done = "([a-z_]+)"')
_REASONS = re.compile(r'reason="([a-z_]+)"')


def sources() -> str:
    package = Path(web.__file__).parent.parent
    return "\n".join(path.read_text() for path in package.rglob("*.py"))


def test_every_entry_has_words() -> None:
    written = {name for found in _WRITES.findall(sources()) for name in found if name} | set(STATES)
    written |= {f"{cause}_asked" for cause in CAUSES if cause != "grant"}
    written |= {f"door_{moved}_{cause}" for moved in ("opened", "shut") for cause in CAUSES}
    assert len(written) > 25
    assert written - set(WORDS) == set()


def test_every_reason_a_pickup_is_given_has_words() -> None:
    package = Path(pickups.__file__).parent
    given = {reason for path in package.glob("*.py") for reason in _REASONS.findall(path.read_text())}
    assert given - set(REASONS) == set()
