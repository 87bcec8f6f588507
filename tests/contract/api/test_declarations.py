"""What is declared of each operation is what its handler does: the document cannot drift."""

from typing import Any

import msgspec
import pytest

from taskyard.core.instructions import INSTRUCTIONS
from taskyard.core.instructions import Kind as SaidAs
from taskyard.server.api.forms import Fields
from taskyard.server.api.operations import Operation
from taskyard.server.api.parameters import Kind
from taskyard.server.api.routes import ROUTES

from .caller import Centre

READERS = {
    "text": Kind.TEXT,
    "required": Kind.TEXT,
    "filled": Kind.TEXT,
    "clearable": Kind.TEXT,
    "integer": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
    "instant": Kind.INSTANT,
    "sid": Kind.SID,
    "all": Kind.LIST,
}
PAGING = {"PageSize": Kind.INTEGER, "Page": Kind.INTEGER, "PageToken": Kind.TEXT}
VALUES = {SaidAs.NUMBER: "5", SaidAs.TRUTH: "true"}
# Some fields are read only if others have a value.
FORMS: dict[str, list[dict[str, str]]] = {
    "reservations": [
        {"ReservationStatus": "rejected"},
        *(
            {"Instruction": name}
            | {field.parameter: VALUES.get(field.kind, "x") for field in one.fields}
            for name, one in INSTRUCTIONS.items()
        ),
    ],
}
OPERATIONS = [
    pytest.param(path, method, one, id=one.id)
    for path, methods in ROUTES.items()
    for method, one in methods.items()
]


class Read:
    """What the handlers have read, and how."""

    def __init__(self) -> None:
        self.fields: dict[str, Kind] = {}
        self.required: set[str] = set()
        self.carried: set[str] = set()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    seen = Read()

    def watch(reader: str, kind: Kind) -> None:
        original = getattr(Fields, reader)

        def watched(self: Fields, name: str, *rest: object) -> object:
            seen.fields[name] = kind
            if reader == "required":
                seen.required.add(name)
                return Fields.text(self, name, "x")  # so that the next one is read too
            return original(self, name, *rest)

        monkeypatch.setattr(Fields, reader, watched)

    def sent(self: Fields, names: tuple[str, ...]) -> list[tuple[str, str]]:
        seen.carried.update(names)
        return []

    for reader, kind in READERS.items():
        watch(reader, kind)
    monkeypatch.setattr(Fields, "sent", sent)
    monkeypatch.setattr(
        Fields, "__contains__", lambda self, name: seen.fields.setdefault(name, Kind.LIST) and True
    )
    return seen


async def sids_of(centre: Centre) -> dict[str, str]:
    """A resource for each variable of each path."""
    worker = await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    at = centre.path
    (channel, *_) = await centre.caller.every(f"{at}/TaskChannels", "channels")
    (event, *_) = await centre.caller.every(f"{at}/Events", "events")
    return {
        "WorkspaceSid": at.rpartition("/")[2],
        "WorkerSid": worker["sid"],
        "TaskSid": task["sid"],
        "TaskQueueSid": centre.queue["sid"],
        "WorkflowSid": centre.workflow["sid"],
        "activities": centre.activities["Offline"],
        "events": event["sid"],
        "reservations": offer["sid"],
        "task_channels": channel["sid"],
        "task_queues": centre.queue["sid"],
        "tasks": task["sid"],
        "worker_channels": "voice",
        "workers": worker["sid"],
        "workflows": centre.workflow["sid"],
    }


def filled(path: str, one: Operation, sids: dict[str, str]) -> str:
    return path.replace("{Sid}", sids.get(one.noun, "")).format(**sids)


@pytest.mark.parametrize(("path", "method", "one"), OPERATIONS)
async def test_a_handler_reads_what_is_declared_as_what_it_is_declared(
    centre: Centre, read: Read, path: str, method: str, one: Operation
) -> None:
    sids = await sids_of(centre)
    read.__init__()  # type: ignore[misc]  # forget what making them has read
    at = filled(path, one, sids)
    for form in FORMS.get(one.noun, [{}]) if method == "POST" else [{}]:
        await centre.caller.call(method, at, form)
    declared = {field.name: field.kind for field in (*one.form, *one.query)}
    if one.key is not None:
        declared |= PAGING
        assert read.carried == {field.name for field in one.query}
    assert read.fields == declared
    assert read.required == {field.name for field in one.form if field.required}


@pytest.mark.parametrize(("path", "method", "one"), OPERATIONS)
async def test_a_version_is_checked_and_told_where_that_is_declared(
    centre: Centre, path: str, method: str, one: Operation
) -> None:
    at = filled(path, one, await sids_of(centre))
    form = {"ReservationStatus": "accepted"} if one.noun == "reservations" else {}
    if one.noun == "task_queue_statistics":
        form = {"QueueSids": centre.queue["sid"]}
    # Refused for its version where that is looked at: nothing was ever of this one.
    reply = await centre.caller.call(method, at, form, {"If-Match": "nonsense"})
    assert (reply.status == 412) is one.honours_if_match
    if method == "DELETE" or one.status == 201:
        return
    reply = await centre.caller.call(method, at, form)
    assert reply.status == one.status
    assert ("ETag" in reply.headers) is one.has_etag


def test_each_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    operations = [one for methods in ROUTES.values() for one in methods.values()]
    assert len({one.id for one in operations}) == len(operations)
    for one in operations:
        assert one.summary != one.id
        for field in (*one.form, *one.query):
            assert field.about.endswith("."), (one.id, field.name)


def test_the_bounds_that_are_declared_are_limits() -> None:
    from taskyard.core.limits import Limits

    for methods in ROUTES.values():
        for one in methods.values():
            for field in (*one.form, *one.query):
                assert set(field.bounds.values()) <= set(Limits.__struct_fields__)
                moved: dict[str, Any] = dict.fromkeys(field.bounds.values(), 7)
                shown = field.schema_within(msgspec.structs.replace(Limits(), **moved))
                assert all(shown[word] == 7 for word in field.bounds)
