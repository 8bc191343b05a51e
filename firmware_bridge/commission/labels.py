"""Labels for the doors: a page to print on A4, and the same for label printers that speak ZPL."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

_STYLE = """@page{size:A4;margin:10mm}*{box-sizing:border-box}body{margin:0;font-family:system-ui,sans-serif;color:#000}
.sheet{display:grid;grid-template-columns:repeat(3,60mm);gap:4mm}
.label{height:40mm;border:.3mm solid #000;border-radius:3mm;padding:2mm 4mm;position:relative;break-inside:avoid}
.number{font-size:21mm;font-weight:700;line-height:26mm;font-variant-numeric:tabular-nums}
.size{position:absolute;left:4mm;bottom:1.5mm;font-size:4.5mm}.mark{position:absolute;right:3mm;bottom:2mm;width:8mm}
p{font-size:4mm}@media print{p{display:none}}"""
POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
"""What the page may load: its own style, and nothing else."""
_MARK = (
    '<svg class="mark" viewBox="0 0 24 24" role="img" aria-label="accessible"><g fill="none" stroke="#000"'
    ' stroke-width="2" stroke-linecap="round"><circle cx="10" cy="3.5" r="1.5" fill="#000"/>'
    '<path d="M10 8v6h6l3 6M10 10.5h5"/><path d="M7.5 11.5a5.5 5.5 0 1 0 7 7.5"/></g></svg>'
)


def page(doors: Iterable[Mapping[str, Any]], bank: str = "") -> str:
    """One HTML page, whole in itself: a label of 60 × 40 mm for each door, three in a row."""
    labels = "".join(
        f'<div class="label"><div class="number">{int(door["number"])}</div>'
        f'<div class="size">{escape(door["size"])}</div>'
        f"{_MARK if door['accessible'] else ''}</div>"
        for door in doors
    )
    title = escape(f"Door labels {bank}".strip())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>"
        f'<body><p>{title}: print at 100 %, cut along the lines.</p><div class="sheet">{labels}</div></body></html>\n'
    )


def zpl(doors: Iterable[Mapping[str, Any]]) -> str:
    """One label of 60 × 40 mm a door, for 203 dots per inch. The size stands below; low doors say so."""
    return "".join(
        f"^XA^PW480^LL320^FO30,30^A0N,200,200^FD{int(door['number'])}^FS"
        f"^FO30,260^A0N,40,40^FD{door['size']}{'  LOW' if door['accessible'] else ''}^FS^XZ\n"
        for door in doors
    )


def write(folder: Path, doors: Collection[Mapping[str, Any]], bank: str) -> None:
    """Both kinds, as `labels.html` and `labels.zpl`. Raises OSError."""
    (folder / "labels.html").write_text(page(doors, bank), encoding="utf-8")
    (folder / "labels.zpl").write_text(zpl(doors), encoding="ascii")
