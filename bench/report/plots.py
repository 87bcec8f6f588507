"""Plots as SVG, which need neither a script nor a font of their own."""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 34, 50
_COLOURS = ("#0b5fa5", "#c2410c", "#15803d", "#7e22ce")
_DECADE = 20
"""Where the largest is so many times the smallest, equal steps are factors and not differences."""
_BAR, _GAP, _NAMES = 22, 8, 260


class _Scale:
    """From values to pixels."""

    def __init__(self, values: Sequence[float], pixels: tuple[float, float], *, zero: bool) -> None:
        low, high = min(values), max(values)
        self._by_factor = low > 0 and high / low > _DECADE
        if self._by_factor:
            self.ticks = _decades(low, high)
        else:
            self.ticks = _round_steps(0 if zero else low, high)
        self._low = self._place(min(low, self.ticks[0]))
        self._high = self._place(max(high, self.ticks[-1]))
        self._from, self._to = pixels

    def _place(self, value: float) -> float:
        return math.log10(value) if self._by_factor else value

    def __call__(self, value: float) -> float:
        share = (self._place(value) - self._low) / ((self._high - self._low) or 1)
        return round(self._from + share * (self._to - self._from), 1)


def _decades(low: float, high: float) -> list[float]:
    return [10.0**n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _round_steps(low: float, high: float) -> list[float]:
    """About five round numbers around both."""
    rough = (high - low or abs(high) or 1) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [n * step for n in range(first, last + 1)]


def number(value: float) -> str:
    """A figure as people write it: three digits that count, thousands apart."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    rounded = f"{value:,.{digits}f}"
    return rounded.rstrip("0").rstrip(".") if "." in rounded else rounded


def lines(
    title: str, along: str, unit: str, series: Mapping[str, Sequence[tuple[float, float]]]
) -> str:
    """A line for each series.

    Args:
        title: What the plot is about.
        along: What lies along the x-axis.
        unit: Of the y-axis.
        series: Pairs of x and y by the name of the line, at least one.
    """
    points = [one for line in series.values() for one in line]
    x = _Scale([at for at, _ in points], (_LEFT, WIDTH - _RIGHT), zero=True)
    y = _Scale([value for _, value in points], (HEIGHT - _BOTTOM, _TOP), zero=True)
    drawn = []
    for tick in y.ticks:
        drawn.append(_line(_LEFT, y(tick), WIDTH - _RIGHT, y(tick)))
        drawn.append(_text(_LEFT - 6, y(tick) + 4, number(tick), "end"))
    for tick in x.ticks:
        drawn.append(_line(x(tick), HEIGHT - _BOTTOM, x(tick), HEIGHT - _BOTTOM + 4))
        drawn.append(_text(x(tick), HEIGHT - _BOTTOM + 18, number(tick), "middle"))
    drawn.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12, along, "middle"))
    for place, (name, line) in enumerate(series.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        path = " ".join(f"{x(at)},{y(value)}" for at, value in line)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [
            f'<circle cx="{x(at)}" cy="{y(value)}" r="3" fill="{colour}"/>' for at, value in line
        ]
        drawn.append(_text(WIDTH - _RIGHT, 16 + 14 * place, name, "end", colour))
    return _svg(f"{title}, {unit}", HEIGHT, drawn)


def bars(title: str, unit: str, values: Mapping[str, float]) -> str:
    """A bar for each value, with its figure at its end.

    Args:
        title: What the plot is about.
        unit: Of all values.
        values: By name, at least one; none is negative.
    """
    most = max(values.values()) or 1
    drawn = []
    for place, (name, value) in enumerate(values.items()):
        top = _TOP + place * (_BAR + _GAP)
        width = round(value / most * (WIDTH - _NAMES - 80), 1)
        colour = _COLOURS[0] if name.startswith("Taskyard") else "#94a3b8"
        drawn.append(_text(_NAMES - 8, top + 15, name, "end"))
        drawn.append(
            f'<rect x="{_NAMES}" y="{top}" width="{width}" height="{_BAR}" fill="{colour}"/>'
        )
        drawn.append(_text(_NAMES + width + 6, top + 15, number(value), "start"))
    height = _TOP + len(values) * (_BAR + _GAP) + 8
    return _svg(f"{title}, {unit}", height, drawn)


def _svg(title: str, height: int, drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'role="img" font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f"{_text(8, 16, title, 'start')}{''.join(drawn)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#d4d4d8"/>'


def _text(x: float, y: float, said: str, anchor: str, colour: str = "#18181b") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'
