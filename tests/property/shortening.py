"""Take away from a history whatever does not matter to its failing, and tell what is left."""

from collections.abc import Callable, Sequence

import msgspec

from property.trial import Step, play

Fails = Callable[[Sequence[Step]], bool]


def disagree(steps: Sequence[Step]) -> bool:
    try:
        play(steps)
    except Exception:
        return True
    return False


def shortened(steps: Sequence[Step], fails: Fails = disagree) -> list[Step]:
    left = list(steps)
    while True:
        before = len(left), sum(given(step) for step in left)
        left = plainer(fewer(left, fails), fails)
        if (len(left), sum(given(step) for step in left)) == before:
            return left


def fewer(steps: list[Step], fails: Fails) -> list[Step]:
    size = len(steps) // 2
    while size >= 1:
        at = 0
        while at < len(steps):
            without = steps[:at] + steps[at + size :]
            if fails(without):
                steps = without
            else:
                at += size
        size //= 2
    return steps


def plainer(steps: list[Step], fails: Fails) -> list[Step]:
    """Leave out what a command need not say."""
    for at, step in enumerate(steps):
        for name in [one.name for one in said(step)]:
            fields = {one.name: getattr(step.command, one.name) for one in said(step)}
            fields.pop(name)
            try:
                plain = Step(step.now_ms, type(step.command)(**fields))
            except TypeError:
                continue  # this one is required
            if fails([*steps[:at], plain, *steps[at + 1 :]]):
                steps[at] = step = plain
    return steps


def said(step: Step) -> list[msgspec.structs.FieldInfo]:
    """The fields in which a command differs from its defaults."""
    if step.command is None:
        return []
    fields = msgspec.structs.fields(step.command)
    return [one for one in fields if getattr(step.command, one.name) != one.default]


def given(step: Step) -> int:
    return len(said(step))


def told(steps: Sequence[Step]) -> str:
    """As Python that may be pasted into a test."""
    return "\n".join(f"    {one_told(step)}," for step in steps)


def one_told(step: Step) -> str:
    if step.restart:
        return f"Step({step.now_ms}, restart=True)"
    if step.command is None:
        return f"Step({step.now_ms})"
    return f"Step({step.now_ms}, ask.{command_told(step)})"


def command_told(step: Step) -> str:
    fields = (f"{one.name}={getattr(step.command, one.name)!r}" for one in said(step))
    return f"{type(step.command).__name__}({', '.join(fields)})"
