"""The kiosk's catalogues, as a test reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import firmware_bridge

WORDS = Path(firmware_bridge.__file__).parent / "kiosk" / "static" / "kiosk" / "words"
LANGUAGES = ("en", "es", "fr", "de", "zh-Hans", "ar")


def catalogue(language: str) -> dict[str, Any]:
    """Every word of one language."""
    return json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))


def spoken(language: str, key: str, n: int | None = None) -> str:
    """A sentence as it stands on the screen; `n` is 1, or a number whose plural form is the usual one."""
    sentence = catalogue(language)[key]
    if isinstance(sentence, dict):
        sentence = sentence.get("one", sentence["other"]) if n == 1 else sentence["other"]
    return sentence.replace("{n}", str(n))
