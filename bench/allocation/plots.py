"""Pictures as SVG, drawn without a library: lines over loads, or points. Legible on light and on dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 250, 24, 56
_COLOURS = ("#0b6e4f", "#3f7fbf", "#b3541e", "#7a4fa3", "#8a6d00", "#5f6b76", "#c2185b")
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #333 } .axis { stroke: #8884 } .name { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>"""


class Series(NamedTuple):
    """A line, or with one point a mark: its name and its points (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


class Axis(NamedTuple):
    """What it shows, and the values that get a line and a number."""

    title: str
    ticks: Sequence[float]


def drawn(title: str, series: Sequence[Series], across: Axis, up: Axis) -> str:
    """The whole picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">',
        _STYLE,
        *_grid(across, up),
    ]
    beside = _apart([_y(one.points[-1][1], up) for one in series])
    for number, (one, label) in enumerate(zip(series, beside, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(_x(x, across), _y(y, up)) for x, y in one.points]
        dash = ' stroke-dasharray="6 4"' if one.dashed else ""
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>' for x, y in places]
        end = _WIDTH - _RIGHT + 14
        x, y = places[-1]
        parts.append(f'<path d="M{x:.1f} {y:.1f}L{end - 3} {label:.1f}" stroke="{colour}" stroke-width="0.7"/>')
        parts.append(f'<text class="name" x="{end}" y="{label + 4:.1f}">{escape(one.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: Axis, up: Axis) -> list[str]:
    lines, right, floor = [], _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for value in up.ticks:
        y = _y(value, up)
        lines.append(f'<path class="axis" d="M{_LEFT} {y:.1f}H{right}"/>')
        lines.append(f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in across.ticks:
        x = _x(value, across)
        lines.append(f'<path class="axis" d="M{x:.1f} {_TOP}V{floor}"/>')
        lines.append(f'<text x="{x:.1f}" y="{floor + 20}" text-anchor="middle">{value:g}</text>')
    middle = (_LEFT + right) / 2
    lines.append(f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(across.title)}</text>')
    turned = f'transform="rotate(-90 16 {floor / 2})"'
    lines.append(f'<text x="16" y="{floor / 2}" text-anchor="middle" {turned}>{escape(up.title)}</text>')
    return lines


def _x(value: float, axis: Axis) -> float:
    low, high = axis.ticks[0], axis.ticks[-1]
    return _LEFT + (value - low) / (high - low) * (_WIDTH - _RIGHT - _LEFT)


def _y(value: float, axis: Axis) -> float:
    low, high = axis.ticks[0], axis.ticks[-1]
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)


def _apart(heights: Sequence[float], gap: float = 17) -> list[float]:
    """Heights for the names, near these but none on another."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    over = max([0.0, *(height - (_HEIGHT - _BOTTOM) for height in placed)])
    return [height - over for height in placed]
