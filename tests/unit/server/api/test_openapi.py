"""What the OpenAPI document says beside each operation."""

import re
from typing import Any

from taskyard.core.limits import Limits
from taskyard.server.api.openapi import describe
from taskyard.server.api.routes import ROUTES

PATHS = describe(ROUTES, Limits(), "0", "http://any.invalid")["paths"]
VARIABLES = {
    one["operationId"]: set(re.findall(r"{(\w+)}", path))
    for path, methods in PATHS.items()
    for one in methods.values()
}


def links_of(path: str) -> dict[str, Any]:
    links: dict[str, Any] = PATHS[path]["post"]["responses"]["201"]["links"]
    return links


def test_a_creation_links_to_what_can_be_asked_of_what_it_made() -> None:
    links = links_of("/v1/Workspaces/{WorkspaceSid}/Tasks")
    assert links.keys() == {"FetchTask", "UpdateTask", "DeleteTask", "ListTaskReservation"}
    assert links["ListTaskReservation"] == {
        "operationId": "ListTaskReservation",
        "parameters": {
            "WorkspaceSid": "$request.path.WorkspaceSid",
            "TaskSid": "$response.body#/sid",
        },
    }
    assert "CreateWorker" in links_of("/v1/Workspaces")


def test_every_link_leads_to_an_operation_and_fills_its_path() -> None:
    links = [
        link
        for methods in PATHS.values()
        for one in methods.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 40
    for link in links:
        assert link["parameters"].keys() == VARIABLES[link["operationId"]]
