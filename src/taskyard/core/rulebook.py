"""The workflow rules that tasks follow, read once for every version that is in force."""

from .filter_index import FilterIndex
from .ids import WorkflowSid
from .model import DEFAULT_FILTER, NO_FILTER, Task
from .state import State
from .workflow_document import Document, Target, read_document


class Rules:
    """One version of a workflow's rules."""

    __slots__ = ("document", "filters")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.filters = FilterIndex(document.filters)


class Rulebook:
    """The configurations of one workspace's workflows, compiled when first asked for."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._versions: dict[WorkflowSid, dict[int, Rules]] = {}

    def rules(self, workflow_sid: WorkflowSid, version: int) -> Rules:
        """The rules of this version."""
        versions = self._versions.setdefault(workflow_sid, {})
        rules = versions.get(version)
        if rules is None:
            texts = self._state.workflows[workflow_sid].configurations
            # It was checked when it came in: the queues it names are kept for as long as it is.
            rules = Rules(read_document(texts[version], lambda _: True))
            for old in [kept for kept in versions if kept not in texts]:
                del versions[old]
            versions[version] = rules
        return rules

    def forget(self, workflow_sid: WorkflowSid) -> None:
        """Let go of the rules of a workflow that is no more."""
        self._versions.pop(workflow_sid, None)

    def target(self, task: Task) -> Target | None:
        """The step at which the task is; None when no workflow routes it."""
        if task.filter_index == NO_FILTER or task.workflow_sid is None:
            return None
        return self.target_at(task, task.filter_index, task.target_index)

    def target_at(self, task: Task, filter_index: int, target_index: int) -> Target | None:
        """A step of the rules that a task follows; None when they have no such step."""
        assert task.workflow_sid is not None
        document = self.rules(task.workflow_sid, task.workflow_version).document
        if filter_index == DEFAULT_FILTER:
            return document.default
        if filter_index >= len(document.filters):
            return None
        targets = document.filters[filter_index].targets
        return targets[target_index] if target_index < len(targets) else None
