"""Numbers as text that Prometheus reads, in version 0.0.4 of its format.

Source: Prometheus, exposition formats, text-based format.
"""

from collections.abc import Iterable, Mapping

import msgspec

from taskyard.engine import Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Family(msgspec.Struct, frozen=True):
    """One name and its samples.

    Attributes:
        name: What it is called, its unit last.
        kind: `counter`, `gauge` or `histogram`.
        meaning: One line.
        samples: The value by what distinguishes it, as `status="pending"`; empty for nothing.
    """

    name: str
    kind: str
    meaning: str
    samples: Mapping[str, float] | Histogram


def render(families: Iterable[Family]) -> str:
    """The page that is scraped."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {family.meaning}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        if isinstance(family.samples, Histogram):
            lines += _histogram(family.name, family.samples)
        else:
            lines += [
                f"{family.name}{{{labels}}} {value!r}" if labels else f"{family.name} {value!r}"
                for labels, value in family.samples.items()
            ]
    return "\n".join(lines) + "\n"


def label(name: str, value: str) -> str:
    """What distinguishes one sample of a family from the others."""
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'


def _histogram(name: str, histogram: Histogram) -> Iterable[str]:
    """The buckets, each with those below it, then the sum and the count."""
    below = 0
    for bound, count in zip((*histogram.bounds, "+Inf"), histogram.counts, strict=True):
        below += count
        yield f'{name}_bucket{{le="{bound}"}} {below}'
    yield f"{name}_sum {histogram.total!r}"
    yield f"{name}_count {below}"
