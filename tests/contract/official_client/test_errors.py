"""What is refused reaches callers of the official client as its own exception."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from contract.api.caller import SID

from .centre import Centre
from .conftest import client_of

NO_SUCH = "0" * 32


def refusal(do: Callable[..., Any], **asked: Any) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        do(**asked)
    return caught.value


def refused_list(do: Callable[..., Any], **asked: Any) -> dict[str, Any]:
    """The answer's body: a refused page is the client's base exception, with the answer in it."""
    with pytest.raises(TwilioException) as caught:
        do(**asked)
    (_, response) = caught.value.args
    body = json.loads(response.text)
    assert isinstance(body, dict)
    return body


def test_what_is_unknown(client: Client) -> None:
    unknown = client.taskrouter.v1.workspaces(f"WS{NO_SUCH}")
    error = refusal(unknown.fetch)
    assert (error.status, error.code, error.method) == (404, 20404, "GET")
    assert f"/Workspaces/WS{NO_SUCH} was not found" in error.msg
    assert refused_list(unknown.tasks.list)["code"] == 20404
    error = refusal(unknown.workers(f"WK{NO_SUCH}").update, friendly_name="Ann")
    assert (error.status, error.code, error.method) == (404, 20404, "POST")


def test_what_cannot_be_read(client: Client) -> None:
    centre = Centre(client)
    tasks, workers = centre.workspace.tasks, centre.workspace.workers
    for do, asked, name in (
        (tasks.create, {"attributes": "[]"}, "Attributes"),
        (tasks.create, {"priority": "high"}, "Priority"),
        (workers.create, {"friendly_name": "A", "activity_sid": "WA1"}, "ActivitySid"),
        (centre.workspace.task_queues.create, {"friendly_name": ""}, "FriendlyName"),
    ):
        error = refusal(do, **asked)
        assert (error.status, error.code) == (400, 20001)
        assert name in error.msg
    assert "Ordering" in refused_list(tasks.list, ordering="Age")["message"]
    body = refused_list(workers.list, target_workers_expression="a-b > 3")
    assert (body["status"], body["code"]) == (400, 20001)


def test_a_wrong_secret(server_url: str) -> None:
    stranger = client_of(server_url, SID, "wrong")
    error = refusal(stranger.taskrouter.v1.workspaces(f"WS{NO_SUCH}").fetch)
    assert (error.status, error.code) == (401, 20003)
    assert refused_list(stranger.taskrouter.v1.workspaces.list)["message"] == "Authenticate"
    stranger.http_client.session.close()


def test_a_stale_version(client: Client) -> None:
    centre = Centre(client)
    task, worker = centre.task(), centre.worker("Ann", "Offline")
    task.update(attributes="{}", if_match="0")
    for resource, asked in ((task, {"priority": 1}), (worker, {"friendly_name": "Anna"})):
        error = refusal(resource.update, if_match="7", **asked)
        assert (error.status, error.code) == (412, 20412)
    # Its deletions forget the header that they are given, so there is nothing to be refused.
    worker.update(friendly_name="Anna", if_match="0")
