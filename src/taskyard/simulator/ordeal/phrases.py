"""The few expressions that the simulation's people write, and what each of them means.

The second model does not parse: it knows these phrases by heart, and says so of any other.
"""

import json
import re
from typing import Any

SKILLS = ("sales", "help", "billing")
LANGS = ("en", "es")
LEVELS = (1, 2, 3)

Attributes = dict[str, Any]

_HAS_SKILL = re.compile(r"skills HAS '(\w+)'")
_OF_LEVEL = re.compile(r"(?:worker\.)?level >= (\d)")
_OF_KIND = re.compile(r"kind == '(\w+)'")
_SPEAKS = "task.lang IN worker.langs"


def fits_queue(text: str, worker: Attributes) -> bool:
    """Whether a worker belongs to a task queue with these `TargetWorkers`."""
    if text == "1==1":
        return True
    if skill := _HAS_SKILL.fullmatch(text):
        return skill[1] in worker["skills"]
    return bool(worker["level"] >= _level(text))


def fits_target(text: str | None, worker: Attributes, task: Attributes) -> bool:
    """Whether a worker may have a task at a step with this expression."""
    if text is None:
        return True
    if text == _SPEAKS:
        return task["lang"] in worker["langs"]
    return bool(worker["level"] >= _level(text))


def passes_filter(text: str, task: Attributes) -> bool:
    """Whether a task passes a filter with this expression."""
    kind = _OF_KIND.fullmatch(text)
    assert kind, text
    return bool(kind[1] == task["kind"])


def _level(text: str) -> int:
    level = _OF_LEVEL.fullmatch(text)
    assert level, text
    return int(level[1])


class Rules:
    """A workflow's configuration, read plainly."""

    def __init__(self, configuration: str) -> None:
        routing = json.loads(configuration)["task_routing"]
        self.filters: list[Attributes] = routing["filters"]
        self.default: Attributes | None = routing.get("default_filter")

    def first_filter(self, task: Attributes, after: int = -1) -> int | None:
        """The first filter that a task passes, below one; None if there is none."""
        for index, one in enumerate(self.filters):
            if index > after and passes_filter(one["expression"], task):
                return index
        return None

    def target(self, filter_index: int, target_index: int) -> Attributes:
        """A step; a negative filter is the default one."""
        if filter_index < 0:
            assert self.default is not None
            return self.default
        target: Attributes = self.filters[filter_index]["targets"][target_index]
        return target

    def time_s(self, filter_index: int, target_index: int) -> int | None:
        """How long after the entry into the filter a step ends; None if never."""
        if filter_index < 0:
            return None
        targets = self.filters[filter_index]["targets"][: target_index + 1]
        if "timeout" not in targets[-1]:
            return None
        return sum(int(one.get("timeout", 0)) for one in targets)
