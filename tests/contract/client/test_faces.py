"""The two faces have the same names and parameters, and neither knows the server."""

import inspect
import subprocess
import sys
from typing import Any

import pytest

from taskyard.client import aio, sync
from taskyard.client.aio import resources as aio_resources
from taskyard.client.sync import resources as sync_resources

KINDS = [
    *((name, getattr(sync, name), getattr(aio, name)) for name in sync.__all__),
    *(
        (f"resources.{name}", getattr(sync_resources, name), getattr(aio_resources, name))
        for name in ("TaskQueue", "TaskQueues", "Worker", "Workers", "Workspace")
    ),
]
OF_ONE_FACE = {
    "__aiter__": "__iter__",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


def members(kind: type) -> dict[str, Any]:
    """Whatever a program may use."""
    return {
        OF_ONE_FACE.get(name, name): value
        for name, value in inspect.getmembers(kind)
        if not name.startswith("_") or name in {*OF_ONE_FACE, *OF_ONE_FACE.values(), "__init__"}
    }


def parameters(value: Any) -> list[tuple[str, Any, Any]]:
    return [
        (one.name, one.kind, one.default)
        for one in inspect.signature(value).parameters.values()
        if one.name != "connect"  # with a loop, connecting is awaited, and so never implied
    ]


@pytest.mark.parametrize(("name", "one", "other"), KINDS, ids=[kind[0] for kind in KINDS])
def test_the_faces_have_the_same_members_with_the_same_parameters(
    name: str, one: type, other: type
) -> None:
    mine, others = members(one), members(other)
    assert mine.keys() == others.keys()
    for member, value in mine.items():
        if inspect.isfunction(value):
            assert parameters(value) == parameters(others[member]), member


def test_every_kind_of_entity_is_in_both_faces() -> None:
    names = {prefix: kind.__name__ for prefix, kind in sync_resources.KINDS.items()}
    assert names == {prefix: kind.__name__ for prefix, kind in aio_resources.KINDS.items()}
    assert sync.__all__ == aio.__all__


def modules_after(statement: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(ran.stdout.split())


def test_the_client_brings_nothing_of_the_server_along() -> None:
    loaded = modules_after("import taskyard.aio, taskyard; taskyard.Worker; taskyard.ApiError")
    foreign = {"uvicorn", "uvloop", "starlette", "websockets", "click", "rich"}
    assert loaded & foreign == set()
    ours = {name for name in loaded if name.startswith("taskyard.")}
    assert {name.split(".")[1] for name in ours} == {"client", "aio"}


def test_the_package_alone_brings_nothing_along() -> None:
    loaded = modules_after("import taskyard")
    assert {name for name in loaded if name.startswith("taskyard.")} == set()
    assert "aiohttp" not in loaded


def test_every_public_name_is_exported() -> None:
    import taskyard

    for name in taskyard.__all__:
        assert getattr(taskyard, name).__name__ == name
    with pytest.raises(AttributeError, match="Nonsense"):
        taskyard.Nonsense  # type: ignore[attr-defined]  # noqa: B018
