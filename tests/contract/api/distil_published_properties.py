"""Writes published_properties.json from the published OpenAPI document; run by hand.

    python tests/contract/api/distil_published_properties.py twilio_taskrouter_v1.json

Kept are names and JSON types only, by noun: what the tests compare answers with.
"""

import json
import sys
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("published_properties.json")
SCHEMAS = {
    "workspace": "taskrouter.v1.workspace",
    "activity": "taskrouter.v1.workspace.activity",
    "task_channel": "taskrouter.v1.workspace.task_channel",
    "task_queue": "taskrouter.v1.workspace.task_queue",
    "workflow": "taskrouter.v1.workspace.workflow",
    "worker": "taskrouter.v1.workspace.worker",
    "worker_channel": "taskrouter.v1.workspace.worker.worker_channel",
    "task": "taskrouter.v1.workspace.task",
    "task_reservation": "taskrouter.v1.workspace.task.task_reservation",
    "worker_reservation": "taskrouter.v1.workspace.worker.worker_reservation",
}
LISTS = {
    "workspace": "/v1/Workspaces",
    "activity": "/v1/Workspaces/{WorkspaceSid}/Activities",
    "task_channel": "/v1/Workspaces/{WorkspaceSid}/TaskChannels",
    "task_queue": "/v1/Workspaces/{WorkspaceSid}/TaskQueues",
    "workflow": "/v1/Workspaces/{WorkspaceSid}/Workflows",
    "worker": "/v1/Workspaces/{WorkspaceSid}/Workers",
    "worker_channel": "/v1/Workspaces/{WorkspaceSid}/Workers/{WorkerSid}/Channels",
    "task": "/v1/Workspaces/{WorkspaceSid}/Tasks",
    "task_reservation": "/v1/Workspaces/{WorkspaceSid}/Tasks/{TaskSid}/Reservations",
    "worker_reservation": "/v1/Workspaces/{WorkspaceSid}/Workers/{WorkerSid}/Reservations",
}


def distil(spec: dict[str, Any]) -> dict[str, Any]:
    schemas = spec["components"]["schemas"]
    facts: dict[str, Any] = {}
    for noun, name in SCHEMAS.items():
        properties = schemas[name]["properties"]
        answer = spec["paths"][LISTS[noun]]["get"]["responses"]["200"]["content"]
        body = answer["application/json"]
        (key,) = (key for key in body["schema"]["properties"] if key != "meta")
        facts[noun] = {
            "list_key": key,
            "properties": {
                name: {
                    # An enum is referred to, and is a string.
                    "type": schema.get("type", "string"),
                    "nullable": bool(schema.get("nullable")),
                }
                for name, schema in properties.items()
            },
            "links": sorted(_links_of(body)) if "links" in properties else None,
        }
    meta = spec["paths"]["/v1/Workspaces"]["get"]["responses"]["200"]["content"]
    facts["meta"] = sorted(meta["application/json"]["schema"]["properties"]["meta"]["properties"])
    return facts


def _links_of(value: Any) -> set[str]:
    """The names of the links in the examples below a value."""
    if isinstance(value, dict):
        found = set(value["links"]) if isinstance(value.get("links"), dict) else set()
        return found.union(*map(_links_of, value.values())) - {"type", "format", "nullable"}
    if isinstance(value, list):
        return set().union(*map(_links_of, value))
    return set()


if __name__ == "__main__":
    spec = json.loads(Path(sys.argv[1]).read_text())
    FACTS.write_text(json.dumps(distil(spec), indent=1, sort_keys=True) + "\n")
