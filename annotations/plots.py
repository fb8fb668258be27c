"""The geometry of the dashboard's plots, for templates to draw as SVG.

Coordinates are SVG user units with the origin at the top left; every plot also has its
numbers in a table, which is what a screen reader gets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

#: The drawing area of a time plot: width, height, and the margins for its axes.
WIDTH: Final = 640
HEIGHT: Final = 220
LEFT: Final = 48
BOTTOM: Final = 28
TOP: Final = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where it stands and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a stacked bar; ``kind`` is its class, ``title`` its value in words."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class StackedBars:
    """Amounts of several kinds per day."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def stacked_bars(days: Sequence[tuple[date, dict[str, int]]], kinds: Sequence[str]) -> StackedBars:
    """One bar a day, the kinds stacked in the order given; days without a row are empty."""
    amounts = dict(days)
    first, last = min(amounts), max(amounts)
    span = (last - first).days + 1
    top = nice_top(max(sum(row.get(kind, 0) for kind in kinds) for row in amounts.values()))
    slot = (WIDTH - LEFT) / max(span, 7)
    bars: list[Bar] = []
    for day, row in sorted(amounts.items()):
        x = LEFT + (day - first).days * slot
        y = float(HEIGHT - BOTTOM)
        for kind in kinds:
            value = row.get(kind, 0)
            if value:
                height = value / top * (HEIGHT - BOTTOM - TOP)
                y -= height
                title = f"{day:%-d %B}: {value} {kind}"
                bars.append(
                    Bar(
                        round(x + 1, 1),
                        round(y, 1),
                        round(slot - 2, 1),
                        round(height, 1),
                        kind,
                        title,
                    )
                )
    step = max(1, span // 6)
    x_ticks = tuple(
        Tick(round(LEFT + (i + 0.5) * slot, 1), f"{first + timedelta(days=i):%-d %b}")
        for i in range(0, span, step)
    )
    return StackedBars(tuple(bars), x_ticks, _y_ticks(top))


def nice_top(value: int) -> int:
    """The smallest round number, with a round half, that is not below the value; at least 10."""
    power = 10
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * power >= value:
                return factor * power
        power *= 10


def _y_ticks(top: int) -> tuple[Tick, ...]:
    scale = (HEIGHT - BOTTOM - TOP) / top
    return tuple(
        Tick(round(HEIGHT - BOTTOM - value * scale, 1), str(value)) for value in (0, top // 2, top)
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One label's two amounts, and their share of the widest row in per cent."""

    name: str
    hue: int
    annotated: int
    suggested: int
    annotated_share: float
    suggested_share: float


def label_rows(labels: Sequence[tuple[str, int, int, int]]) -> list[Row]:
    """Rows for horizontal bars from ``(name, hue, annotated, suggested)``, widest at 100."""
    widest = max((max(a, s) for _, _, a, s in labels), default=0) or 1
    return [
        Row(name, hue, a, s, round(a / widest * 100, 2), round(s / widest * 100, 2))
        for name, hue, a, s in labels
    ]
