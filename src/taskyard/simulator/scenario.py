"""A contact centre as people write it down: read from TOML or JSON, and checked strictly."""

import json
import re
import tomllib
from pathlib import Path
from typing import TypeAlias

import msgspec

from taskyard.core.model import TaskOrder

from .distributions import Arrivals, Duration

Json: TypeAlias = object
"""Whatever JSON can say: the core reads and checks it."""
Time: TypeAlias = float | Duration
"""A number of seconds is a constant."""

_NUMBER_MAX = 1e12
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<place>.*?)`)?", re.DOTALL)
_KINDS = (
    ("`float | object`", "seconds or a table"),
    ("`object`", "a table"),
    ("`array`", "a list"),
    ("`str`", "text"),
    ("`int`", "a whole number"),
    ("`float`", "a number"),
    ("`bool`", "true or false"),
)


class ScenarioProblem(ValueError):
    """A scenario that cannot be run; its message is one sentence that names the place."""


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long, how often and how exactly.

    Attributes:
        hours: What is measured in each replication, after the warm-up.
        warm_up_hours: What is thrown away before, so that an empty start does not count.
        replications: Independent repetitions; the intervals are made from what differs in them.
        confidence: The share of such intervals that hold the truth.
        seed: The same seed, the same result.
        starts_at: The time of day at which the warm-up begins.
    """

    hours: float = 24.0
    warm_up_hours: float = 1.0
    replications: int = 10
    confidence: float = 0.95
    seed: int = 1
    starts_at: str = "00:00"


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task queue, by the name that the workflow knows it by, or by the SID if it has one."""

    name: str
    sid: str | None = None
    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: TaskOrder = TaskOrder.FIFO
    service_level_s: float = 20.0


class Workflow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The routing rules: `configuration` is the API's document, as JSON text or as a table."""

    configuration: str | dict[str, Json]
    task_reservation_timeout_s: int = 120


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of work that comes in.

    Attributes:
        handling_s: From acceptance to the end of the work itself.
        wrap_up_s: After-work, if there is any.
        patience_s: How long whoever waits will do so; for ever if None.
        timeout_s: The task's own time-out, as in the API.
    """

    name: str
    arrivals: Arrivals
    handling_s: Time
    wrap_up_s: Time | None = None
    patience_s: Time | None = None
    attributes: dict[str, Json] = {}
    channel: str = "default"
    priority: int | None = None
    timeout_s: int = 86_400


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Hours of every day, `HH:MM`; one that ends before it begins goes over midnight."""

    from_: str
    to: str


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Workers who are alike.

    Attributes:
        workers: How many.
        channels: Capacity by task channel; all other channels are closed. Without it a worker has
            a capacity of 1 on every channel, as in the API.
        shifts: When they are there; always, if there are none.
        accepts: The share of offers that are accepted; the others are rejected.
        ignores: The share of offers that nobody answers, before `accepts` is asked.
        answers_after_s: From offer to answer.
        returns_after_s: From a rejected or lapsed offer until the worker is available again.
        pace: What a handling time is multiplied by.
    """

    name: str
    workers: int
    attributes: dict[str, Json] = {}
    channels: dict[str, int] | None = None
    shifts: tuple[Shift, ...] = ()
    accepts: float = 1.0
    ignores: float = 0.0
    answers_after_s: Time = 0.0
    returns_after_s: Time = 60.0
    pace: float = 1.0


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a simulation needs to know."""

    name: str
    task_queues: tuple[Queue, ...]
    workflow: Workflow
    tasks: tuple[Source, ...]
    staff: tuple[Group, ...]
    run: Run = Run()


def read_scenario(path: Path) -> Scenario:
    """Read a file: JSON if it is called `.json`, else TOML.

    Raises:
        ScenarioProblem: It cannot be read, or says what no scenario may say.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        _check_numbers("", raw)
        scenario = msgspec.convert(raw, Scenario)
        check(scenario)
    except RecursionError as error:
        raise ScenarioProblem(f"{path}: tables and lists are nested too deeply") from error
    except OSError as error:
        raise ScenarioProblem(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise ScenarioProblem(f"{path}: {_sentence(str(error))}") from error
    except ScenarioProblem as problem:
        raise ScenarioProblem(f"{path}: {problem}") from problem
    except ValueError as error:  # not JSON, not TOML, not UTF-8: their messages name the line
        raise ScenarioProblem(f"{path}: {error}") from error
    return scenario


def check(scenario: Scenario) -> None:
    """Refuse what has the right shape and makes no sense.

    What the core checks, such as expressions and the Configuration, is left to it.

    Raises:
        ScenarioProblem: Of the first such place.
    """
    _check_run(scenario.run)
    for place, named in (
        ("task_queues", scenario.task_queues),
        ("tasks", scenario.tasks),
        ("staff", scenario.staff),
    ):
        if not named:
            raise ScenarioProblem(f"{place}: expected at least one")
        _check_names(place, [one.name for one in named])
    for index, queue in enumerate(scenario.task_queues):
        _at_least(f"task_queues[{index}].service_level_s", queue.service_level_s, 0)
    for index, source in enumerate(scenario.tasks):
        _check_source(f"tasks[{index}]", source)
    for index, group in enumerate(scenario.staff):
        _check_group(f"staff[{index}]", group)


def duration_of(time: Time) -> Duration:
    """The duration that a file means by a number or a table."""
    return time if isinstance(time, Duration) else Duration(constant=float(time))


def minutes_of(clock: str) -> int | None:
    """Minutes since midnight of a time of day, `00:00` to `24:00`; None if it is none."""
    match = _CLOCK.fullmatch(clock)
    minutes = int(match[1]) * 60 + int(match[2]) if match else None
    return None if minutes is None or minutes > 24 * 60 else minutes


def _check_numbers(place: str, value: object) -> None:
    """Neither TOML nor Python's JSON minds what is no number or cannot be reckoned with."""
    match value:
        case dict():
            for name, part in value.items():
                _check_numbers(f"{place}.{name}".removeprefix("."), part)
        case list():
            for index, part in enumerate(value):
                _check_numbers(f"{place}[{index}]", part)
        case float() if not abs(value) <= _NUMBER_MAX:  # of "not a number" nothing is true
            raise ScenarioProblem(
                f"{place}: expected a number of at most {_NUMBER_MAX:g}, got {value:g}"
            )


def _check_run(run: Run) -> None:
    if run.hours <= 0:
        raise ScenarioProblem(f"run.hours: expected more than 0, got {run.hours:g}")
    _at_least("run.warm_up_hours", run.warm_up_hours, 0)
    if run.replications < 2:
        raise ScenarioProblem(
            f"run.replications: expected 2 or more, got {run.replications}: "
            "intervals come from what differs between them"
        )
    if not 0.5 <= run.confidence < 1:
        raise ScenarioProblem(
            f"run.confidence: expected at least 0.5 and below 1, got {run.confidence:g}"
        )
    _check_clock("run.starts_at", run.starts_at)


def _check_names(place: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if not name:
            raise ScenarioProblem(f"{place}[{index}].name: expected a name, got nothing")
        if name in names[:index]:
            raise ScenarioProblem(f"{place}[{index}].name: '{name}' is there already")


def _check_source(place: str, source: Source) -> None:
    if problem := source.arrivals.problem():
        raise ScenarioProblem(f"{place}.arrivals: {problem}")
    _check_time(f"{place}.handling_s", source.handling_s)
    _check_time(f"{place}.wrap_up_s", source.wrap_up_s)
    _check_time(f"{place}.patience_s", source.patience_s)


def _check_group(place: str, group: Group) -> None:
    _at_least(f"{place}.workers", group.workers, 1)
    for number, shift in enumerate(group.shifts):
        _check_clock(f"{place}.shifts[{number}].from", shift.from_)
        _check_clock(f"{place}.shifts[{number}].to", shift.to)
        if shift.from_ == shift.to:
            raise ScenarioProblem(f"{place}.shifts[{number}]: begins and ends at {shift.to}")
    for name, share in (("accepts", group.accepts), ("ignores", group.ignores)):
        if not 0 <= share <= 1:
            raise ScenarioProblem(f"{place}.{name}: expected a share from 0 to 1, got {share:g}")
    for channel, capacity in (group.channels or {}).items():
        _at_least(f"{place}.channels.{channel}", capacity, 0)
    _check_time(f"{place}.answers_after_s", group.answers_after_s)
    _check_time(f"{place}.returns_after_s", group.returns_after_s)
    if group.accepts < 1 and duration_of(group.returns_after_s).constant == 0:
        raise ScenarioProblem(
            f"{place}.returns_after_s: expected more than 0 seconds where offers are rejected: "
            "the same task would be offered again in the same instant"
        )
    if group.pace <= 0:
        raise ScenarioProblem(f"{place}.pace: expected more than 0, got {group.pace:g}")


def _check_time(place: str, time: Time | None) -> None:
    if time is not None and (problem := duration_of(time).problem()):
        raise ScenarioProblem(f"{place}: {problem}")


def _check_clock(place: str, clock: str) -> None:
    if minutes_of(clock) is None:
        raise ScenarioProblem(f"{place}: expected a time of day such as 08:30, got '{clock}'")


def _at_least(place: str, value: float, least: float) -> None:
    if value < least:
        raise ScenarioProblem(f"{place}: expected {least:g} or more, got {value:g}")


def _sentence(message: str) -> str:
    """What a decoder found, with the place first and types as people call them."""
    match = _PLACE.fullmatch(message)
    assert match is not None
    what = match["what"][:1].lower() + match["what"][1:]
    what = what.removeprefix("object ")
    for technical, plain in _KINDS:
        what = what.replace(technical, plain)
    return f"{match['place'] or 'the file'}: {what.replace('`', chr(39))}"
