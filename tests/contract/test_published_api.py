"""The distilled facts are those of the published document, and an answer that strays is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.distil_published_api import FACTS as FILE
from contract.distil_published_api import distil, written
from contract.published_api import FACTS, JSON, is_of_kind, judge, operation_of

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "taskrouter-openapi.json"
WORKSPACE = "/v1/Workspaces/WS" + "0" * 32
SID = "0123456789abcdef" * 2
TASK: dict[str, Any] = {
    "account_sid": f"AC{SID}",
    "age": 0,
    "assignment_status": "pending",
    "attributes": "{}",
    "addons": "{}",
    "date_created": "2026-01-05T09:15:00Z",
    "date_updated": "2026-01-05T09:15:00Z",
    "task_queue_entered_date": None,
    "priority": 0,
    "reason": None,
    "sid": f"WT{SID}",
    "task_queue_sid": None,
    "task_queue_friendly_name": None,
    "task_channel_sid": f"TC{SID}",
    "task_channel_unique_name": "default",
    "timeout": 60,
    "workflow_sid": None,
    "workflow_friendly_name": None,
    "workspace_sid": f"WS{SID}",
    "url": "http://localhost/v1",
    "links": {
        "task_queue": None,
        "workflow": None,
        "workspace": "http://localhost/v1",
        "reservations": "http://localhost/v1",
    },
    "virtual_start_time": "2026-01-05T09:15:00Z",
    "ignore_capacity": False,
    "routing_target": None,
}


def test_the_facts_are_those_of_the_published_document() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published document is no part of this repository")
    assert FILE.read_text() == written(distil(json.loads(PUBLISHED.read_text())))


def test_there_are_61_operations_and_every_answer_of_theirs_has_facts() -> None:
    assert len(FACTS["operations"]) == 61
    for name, operation in FACTS["operations"].items():
        assert operation.get("resource", "task") in FACTS["resources"], name


def test_a_name_wins_over_a_sid() -> None:
    found = operation_of("GET", f"{WORKSPACE}/Workers/Statistics")
    assert found is not None
    assert found[0] == "FetchWorkerStatistics"
    found = operation_of("GET", f"{WORKSPACE}/Workers/WK{SID}/Statistics")
    assert found is not None
    assert found[0] == "FetchWorkerInstanceStatistics"
    assert operation_of("PUT", WORKSPACE) is None


def answer(
    body: Any, *, method: str = "GET", status: int = 200, etag: str | None = '"3"', kind: str = JSON
) -> None:
    headers = {"Content-Type": kind} | ({} if etag is None else {"ETag": etag})
    text = body if isinstance(body, str) else json.dumps(body)
    judge(method, f"http://localhost{WORKSPACE}/Tasks/WT{SID}", status, headers, text)


def page(**changes: Any) -> dict[str, Any]:
    address = "http://localhost/v1"
    meta = {"first_page_url": address, "previous_page_url": None, "url": address}
    meta |= {"next_page_url": None, "key": "tasks", "page": 0, "page_size": 50} | changes
    return {"meta": meta, "tasks": [TASK]}


def listed(body: dict[str, Any], **headers: str) -> None:
    url = f"http://localhost{WORKSPACE}/Tasks?PageSize=50"
    judge("GET", url, 200, {"Content-Type": JSON, **headers}, json.dumps(body))


ERROR = {"code": 20404, "message": "no", "more_info": "https://a.example/20404", "status": 404}


def test_what_is_as_published_passes() -> None:
    answer(TASK)
    answer(TASK, method="POST")
    answer("", method="DELETE", status=204, etag=None)
    answer(ERROR, status=404, etag=None)
    listed(page())


@pytest.mark.parametrize(
    "strayed",
    [
        lambda: answer(TASK | {"more": 1}),
        lambda: answer({name: value for name, value in TASK.items() if name != "addons"}),
        lambda: answer(TASK | {"age": "0"}),
        lambda: answer(TASK | {"age": None}),
        lambda: answer(TASK | {"age": True}),
        lambda: answer(TASK | {"assignment_status": "waiting"}),
        lambda: answer(TASK | {"date_created": "2026-01-05 09:15:00"}),
        lambda: answer(TASK | {"date_created": "2026-01-05T09:15:00.123Z"}),
        lambda: answer(TASK | {"sid": f"WR{SID}"}),
        lambda: answer(TASK | {"sid": f"WT{SID.upper()}"}),
        lambda: answer(TASK | {"url": "/v1"}),
        lambda: answer(TASK | {"ignore_capacity": "false"}),
        lambda: answer(TASK | {"links": TASK["links"] | {"more": "http://localhost/v1"}}),
        lambda: answer(TASK | {"links": TASK["links"] | {"workspace": None}}),
        lambda: answer(TASK, status=201),
        lambda: answer(TASK, etag=None),
        lambda: answer(TASK, etag="3"),
        lambda: answer(TASK, kind="text/plain"),
        lambda: answer(TASK, method="PUT"),
        lambda: answer("{}", method="DELETE", status=204),
        lambda: answer(ERROR, status=400),
        lambda: answer(ERROR | {"details": {}}, status=404),
        lambda: answer({"error": "no"}, status=404),
        lambda: listed(page(key="things")),
        lambda: listed(page(page="0")),
        lambda: listed(page(total=1)),
        lambda: listed(page(page_size=0)),
        lambda: listed(page() | {"tasks": [TASK | {"age": "0"}]}),
        lambda: listed(page(), ETag='"3"'),
    ],
)
def test_what_strays_is_found(strayed: Callable[[], None]) -> None:
    with pytest.raises(AssertionError):
        strayed()


def test_every_kind_that_the_facts_use_is_known() -> None:
    kinds = {
        kind for one in FACTS["resources"].values() for kind in one["properties"].values()
    } | set(FACTS["page"].values())
    for kind in kinds:
        assert not is_of_kind(object(), kind.rstrip("?")) or kind.startswith("anything")
