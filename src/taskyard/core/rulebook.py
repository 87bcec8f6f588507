"""The workflow rules that tasks follow, read once for every version that is in force."""

from .ids import WorkflowSid
from .model import DEFAULT_FILTER, NO_FILTER, Task
from .state import State
from .workflow_document import Document, Target, read_document


class Rulebook:
    """The configurations of one workspace's workflows, compiled when first asked for."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._documents: dict[WorkflowSid, dict[int, Document]] = {}

    def document(self, workflow_sid: WorkflowSid, version: int) -> Document:
        """The rules of this version."""
        documents = self._documents.setdefault(workflow_sid, {})
        document = documents.get(version)
        if document is None:
            texts = self._state.workflows[workflow_sid].configurations
            # It was checked when it came in: the queues it names are kept for as long as it is.
            document = read_document(texts[version], lambda _: True)
            for old in [kept for kept in documents if kept not in texts]:
                del documents[old]
            documents[version] = document
        return document

    def forget(self, workflow_sid: WorkflowSid) -> None:
        """Let go of the rules of a workflow that is no more."""
        self._documents.pop(workflow_sid, None)

    def target(self, task: Task) -> Target | None:
        """The step at which the task is; None when no workflow routes it."""
        if task.filter_index == NO_FILTER or task.workflow_sid is None:
            return None
        document = self.document(task.workflow_sid, task.workflow_version)
        if task.filter_index == DEFAULT_FILTER:
            return document.default
        return document.filters[task.filter_index].targets[task.target_index]
