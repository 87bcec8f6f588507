"""A result as one HTML page with plots, complete in itself: no script, and no address of others."""

from collections.abc import Callable, Sequence
from html import escape

from .intervals import Interval
from .report import number, percent
from .result import QueueResult, Result

_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 12, 40
_TICKS = 4
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1rem;
  color: #1c2430; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-size: 13px }
.wide { overflow-x: auto }
th, td { text-align: right; padding: .3rem .4rem; border-bottom: 1px solid #dde2ea;
  white-space: nowrap }
th:first-child, td:first-child { text-align: left }
.plots { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; flex: 1 1 480px; max-width: 580px } figcaption { color: #4a5668 }
svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: #4a5668 }
.axis { stroke: #b6bfcc } .grid { stroke: #eceff4 }
.line { fill: none; stroke: #1f6feb; stroke-width: 2 } .bar { fill: #9cc2f7 }
.mark { stroke: #c2410c; stroke-dasharray: 4 4 } .whisker { stroke: #1c2430; stroke-width: 1.5 }
"""


def page(result: Result) -> str:
    """The page."""
    title = escape(result.scenario)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<p>{result.replications} independent replications of {result.hours:g} hours after
{result.warm_up_hours:g} of warm-up, seed {result.seed}. ± is half the width of an interval that
holds the truth in {result.confidence:.4g} of all cases.</p>
<h2>Task queues</h2>
{_queues(result)}
{"".join(_plots(one, result) for one in result.queues)}
<h2>Staff</h2>
{_staff(result)}
</body></html>
"""


def _queues(result: Result) -> str:
    heads = [
        "task queue",
        "tasks",
        "mean wait, s",
        "p50",
        "p90",
        "p99",
        "service level",
        "abandoned",
        "lost",
        "workers at work",
    ]
    rows = [
        (
            one.name,
            *map(number, (one.arrived, one.wait_s, one.wait_p50_s, one.wait_p90_s, one.wait_p99_s)),
            f"{percent(one.service_level)} in {one.service_level_s:g} s",
            percent(one.abandoned),
            percent(one.lost),
            number(one.load),
        )
        for one in result.queues
    ]
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _plots(queue: QueueResult, result: Result) -> str:
    if not queue.curve:
        return ""
    longest_s = max(queue.curve[-1][0], queue.service_level_s)
    hours = [(float(hour), wait_s) for hour, wait_s in queue.by_hour]
    highest_s = max(wait_s for _, wait_s in hours) or 1.0
    waits = _frame("seconds waited", (0, longest_s), (0, 1), _percent) + _line(
        queue.curve, longest_s, 1, steps=False
    )
    if longest_s:
        at = _x(queue.service_level_s, longest_s)
        waits += f'<line class="mark" x1="{at}" x2="{at}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
    through = _frame("hour of the run", (0, result.hours), (0, highest_s), _plain) + _line(
        [*hours, (hours[-1][0] + 1, hours[-1][1])], max(result.hours, 1), highest_s, steps=True
    )
    return (
        f'<h2>{escape(queue.name)}</h2><div class="plots">'
        + _figure(waits, "Share of the handled that waited no longer; dashed: the service level")
        + _figure(through, "Mean wait in seconds, by the hour of arrival")
        + "</div>"
    )


def _figure(drawing: str, caption: str) -> str:
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(caption)}">'
        f"{drawing}</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _frame(
    below: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    label: Callable[[float], str],
) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for tick in range(_TICKS + 1):
        x_value = x_range[1] * tick / _TICKS
        y_value = y_range[1] * tick / _TICKS
        x, y = _x(x_value, x_range[1]), _y(y_value, y_range[1])
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{label(y_value)}</text>'
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{_plain(x_value)}</text>'
        )
    parts.append(
        f'<path class="axis" fill="none" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'
        f'<text x="{(_LEFT + right) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{below}</text>'
    )
    return "".join(parts)


def _line(
    points: Sequence[tuple[float, float]], longest: float, highest: float, *, steps: bool
) -> str:
    """A line through the points; in steps, each value lasts until the next point."""
    path = ""
    for number_, (across, up) in enumerate(points):
        x, y = _x(across, longest), _y(up, highest)
        path += f"M{x} {y}" if number_ == 0 else f"H{x}V{y}" if steps else f"L{x} {y}"
    return f'<path class="line" d="{path}"/>'


def _staff(result: Result) -> str:
    row, rows = 30, len(result.groups)
    drawing = ""
    for index, group in enumerate(result.groups):
        y = 8 + index * row
        drawing += f'<text x="0" y="{y + 15}">{escape(group.name)}</text>'
        if group.occupancy is not None:
            drawing += _bar(group.occupancy, y)
        drawing += f'<text x="{_WIDTH - 4}" y="{y + 15}" text-anchor="end">'
        drawing += f"{percent(group.occupancy)}</text>"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {rows * row + 8}" role="img" '
        f'aria-label="Occupancy">{drawing}</svg>'
        "<figcaption>Occupancy: the share of their places that was taken while they were there"
        "</figcaption></figure>"
    )


def _bar(share: Interval, y: int) -> str:
    left, width = 130, _WIDTH - 250
    ends = (share.mean - share.half_width, share.mean + share.half_width)
    low, high = (left + width * min(max(end, 0.0), 1.0) for end in ends)
    return (
        f'<rect class="grid" x="{left}" y="{y}" width="{width}" height="20" fill="#f4f6f9"/>'
        f'<rect class="bar" x="{left}" y="{y}" width="{width * min(share.mean, 1):.1f}" '
        f'height="20"/><path class="whisker" fill="none" '
        f'd="M{low:.1f} {y + 6}v8m0 -4H{high:.1f}m0 -4v8"/>'
    )


def _x(value: float, longest: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (value / longest if longest else 0), 1)


def _y(value: float, highest: float) -> float:
    bottom = _HEIGHT - _BOTTOM
    return round(bottom - (bottom - _TOP) * (value / highest if highest else 0), 1)


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _plain(value: float) -> str:
    return f"{value:.3g}"
