"""How many parts a text is charged as. Source: 3GPP TS 23.038 and TS 23.040."""

from __future__ import annotations

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """160 GSM-7 septets in one part and 153 in each of several, or 70 and 67 UTF-16 units when a sign needs them."""
    if all(sign in _GSM or sign in _GSM_TWICE for sign in text):
        return _parts([2 if sign in _GSM_TWICE else 1 for sign in text], 160, 153)
    return _parts([len(sign.encode("utf-16-be")) // 2 for sign in text], 70, 67)


def _parts(sizes: list[int], single: int, several: int) -> int:
    if sum(sizes) <= single:
        return 1
    parts, room = 1, several
    for size in sizes:
        if size > room:
            parts, room = parts + 1, several
        room -= size
    return parts
