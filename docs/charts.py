"""Charts as SVG: lines and dots on a scale where equal distances are equal ratios.

Every chart has a title and a description for those who do not see it; the page has its figures beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 58, 46
INK, FAINT = "#1f2933", "#d5dbe1"
ROW = 26
LABEL_HEIGHT = 15
MANY_POWERS = 3
"""Of ten, on a scale: from there on they are its only marks."""


@dataclass(frozen=True)
class Dot:
    """What was measured, and between which two values the middle half of the rounds lay."""

    name: str
    value: float
    low: float
    high: float
    colour: str


@dataclass(frozen=True)
class Line:
    """What was measured at each place across."""

    name: str
    values: Sequence[float]
    colour: str


def lines(title: str, description: str, across: Sequence[str], drawn: Sequence[Line], *, unit: str) -> str:
    """Return a chart of lines over the same places."""
    bottom, right = 354, WIDTH - RIGHT
    every = [value for line in drawn for value in line.values]
    scale = _Scale(min(every), max(every), bottom, TOP)
    step = (right - LEFT) / max(1, len(across) - 1)
    parts = [_text(LEFT, TOP - 10, unit, size=12)]
    for tick in scale.ticks():
        y = scale(tick)
        parts += [_line(LEFT, y, right, y, FAINT), _text(LEFT - 8, y + 4, _short(tick), anchor="end")]
    for n, name in enumerate(across):
        parts.append(_text(LEFT + n * step, bottom + 20, name, anchor="middle"))
    labels = _apart({line.name: scale(line.values[-1]) for line in drawn})
    for line in drawn:
        points = [(LEFT + n * step, scale(value)) for n, value in enumerate(line.values)]
        parts += [_path(points, line.colour), *(_dot(x, y, line.colour) for x, y in points)]
        parts.append(_text(right + 10, labels[line.name] + 4, line.name, colour=line.colour))
    return _svg(title, description, bottom + BOTTOM, parts)


def dots(title: str, description: str, rows: Sequence[Dot], *, unit: str) -> str:
    """Return a chart of one dot a row, each with a line for the middle half of its rounds."""
    left, right = 200, WIDTH - 90
    bottom = TOP + len(rows) * ROW
    scale = _Scale(min(row.low for row in rows), max(row.high for row in rows), left, right)
    drawn = [_text(right, bottom + 36, unit, size=12, anchor="end")]
    for tick in scale.ticks():
        drawn.append(_line(scale(tick), TOP, scale(tick), bottom, FAINT))
        drawn.append(_text(scale(tick), bottom + 18, _short(tick), anchor="middle"))
    for n, row in enumerate(rows):
        y = TOP + (n + 0.5) * ROW
        drawn += [
            _text(left - 12, y + 4, row.name, anchor="end"),
            _line(scale(row.low), y, scale(row.high), y, row.colour),
            _dot(scale(row.value), y, row.colour),
            _text(scale(row.high) + 8, y + 4, _short(row.value)),
        ]
    return _svg(title, description, bottom + BOTTOM, drawn)


class _Scale:
    """Where a value stands: by its logarithm, from a round value below all to a round value above all."""

    def __init__(self, lowest: float, highest: float, at_low: float, at_high: float) -> None:
        self._low, self._high = _round_down(lowest), _round_up(highest)
        self._at_low, self._at_high = at_low, at_high

    def __call__(self, value: float) -> float:
        share = math.log(value / self._low) / math.log(self._high / self._low)
        return self._at_low + share * (self._at_high - self._at_low)

    def ticks(self) -> list[float]:
        """Return 1, 2, 5, 10 and so on, or only the powers of ten where that would be too many."""
        lowest, highest = math.floor(math.log10(self._low)), math.ceil(math.log10(self._high))
        digits = (1, 2, 5) if highest - lowest <= MANY_POWERS else (1,)
        ticks = [digit * 10.0**power for power in range(lowest, highest + 1) for digit in digits]
        return [tick for tick in ticks if self._low * 0.999 <= tick <= self._high * 1.001]


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= value * 1.0001)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return min(digit * power for digit in (1, 2, 5, 10) if digit * power >= value * 0.9999)


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """Move labels apart that would cover each other."""
    moved: dict[str, float] = {}
    last = -math.inf
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        last = moved[name] = max(place, last + LABEL_HEIGHT)
    return moved


def _short(value: float) -> str:
    return f"{float(f'{value:.3g}'):,g}"


def _svg(title: str, description: str, height: float, drawn: Iterable[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"',
            ' aria-labelledby="title description" font-family="system-ui, sans-serif" font-size="13">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>',
            _text(12, 24, title, size=16),
            *drawn,
            "</svg>\n",
        ]
    )


def _text(  # noqa: PLR0913 - what a text needs
    x: float, y: float, said: str, *, size: int = 13, anchor: str = "start", colour: str = INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(said)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _path(points: Sequence[tuple[float, float]], colour: str) -> str:
    along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{along}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
