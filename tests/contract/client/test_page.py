"""The page of the Python SDK has everything that programs may use."""

import inspect
import re

import pytest

import taskyard
from documentation import DOCS, table_of
from taskyard.client import sync
from taskyard.client.sync.resources import Task, Worker, Workspace

PAGE = DOCS / "sdk" / "python.md"
USED = [taskyard.TaskQueue, taskyard.Worker, taskyard.Workspace, sync.Collection, sync.Page]


def own_names(kind: type) -> set[str]:
    """Methods and lists, not the properties that are the server's values."""
    return {
        name
        for name, value in inspect.getmembers(kind)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    } - {"path", "get"}


@pytest.mark.parametrize("kind", [*USED, sync.Reservation, Task, Worker, Workspace])
def test_every_method_is_on_the_page(kind: type) -> None:
    page = PAGE.read_text()
    for name in own_names(kind):
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", page), name


def test_every_argument_of_a_client_is_on_the_page() -> None:
    documented = {row[0].strip("`") for row in table_of(PAGE, "Python")}
    assert documented == {
        name
        for kind in (taskyard.TaskQueue, taskyard.Worker, taskyard.Workspace)
        for name in inspect.signature(kind).parameters
    }


def test_every_error_is_on_the_page() -> None:
    documented = {
        name for row in table_of(PAGE, "exception") for name in re.findall(r"`(\w+)`", row[0])
    }
    errors = {
        name
        for name in taskyard.__all__
        if isinstance(kind := getattr(taskyard, name), type) and issubclass(kind, Exception)
    }
    assert documented | {"TaskyardError"} == errors
