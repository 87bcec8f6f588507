"""The ASGI application by itself, with a directory that can be told to fail."""

import base64
import json
from typing import Any, cast

import pytest

from taskyard.engine import Directory
from taskyard.server.api.application import Message, RestApplication
from taskyard.server.auth import Gate
from taskyard.stores import Account


class Failure(Exception):
    pass


class FailingDirectory:
    """Counts what it is asked for, and raises."""

    account = Account("AC" + "0" * 32, "secret")

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    async def engine(self, workspace_sid: str) -> None:
        self.asked += 1
        raise self.error


class Exchange:
    """One request, as a server would hand it to the application."""

    def __init__(self, error: Exception, *messages: Message) -> None:
        self.directory = FailingDirectory(error)
        self.messages = list(messages) or [{"type": "http.request", "body": b""}]
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def receive(self) -> Message:
        return self.messages.pop(0)

    async def post(self, headers: dict[bytes, bytes] | None = None) -> tuple[int, Any]:
        def secrets_of(sid: str) -> tuple[str, ...]:
            return ("secret",)

        async def look_again() -> None:
            pass

        application = RestApplication(
            cast(Directory, self.directory),
            Gate(secrets_of, look_again),
            clock=lambda: 0,
            random_bytes=lambda count: b"\xab" * count,
            public_url="https://tasks.example.com",
            unavailable=(Failure,),
        )
        basic = b"Basic " + base64.b64encode(b"AC1:secret")
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/Workspaces/WS1/Tasks",
            "query_string": b"",
            "headers": [(b"authorization", basic), *(headers or {}).items()],
        }
        await application(scope, self.receive, self.send)
        return self.sent[0]["status"], json.loads(self.sent[1]["body"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


async def test_a_failure_that_passes_is_503_with_a_time_to_wait() -> None:
    exchange = Exchange(Failure("disk"))
    status, body = await exchange.post()
    assert (status, body["code"]) == (503, 20503)
    assert exchange.headers[b"retry-after"] == b"1"


async def test_a_bug_is_500_and_keeps_its_text_to_itself() -> None:
    status, body = await Exchange(RuntimeError("the secret")).post()
    assert (status, body["code"]) == (500, 20500)
    assert "secret" not in body["message"]


async def test_answers_carry_a_request_id_of_their_own() -> None:
    exchange = Exchange(Failure())
    await exchange.post()
    assert exchange.headers[b"twilio-request-id"] == b"RQ" + b"ab" * 16


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.disconnect"}],
        [
            {"type": "http.request", "body": b"AssignmentStatus=canc", "more_body": True},
            {"type": "http.disconnect"},
        ],
    ],
)
async def test_half_a_form_never_becomes_a_command(messages: list[Message]) -> None:
    exchange = Exchange(Failure(), *messages)
    status, _ = await exchange.post()
    assert status == 400
    assert exchange.directory.asked == 0


async def test_a_body_in_pieces_is_put_together() -> None:
    exchange = Exchange(
        Failure(),
        {"type": "http.request", "body": b"Priority=", "more_body": True},
        {"type": "http.request", "body": b"high", "more_body": False},
    )
    status, body = await exchange.post()
    assert (status, body["message"]) == (400, "Priority must be a whole number, not 'high'")


async def test_a_declared_length_that_is_too_large_is_refused_before_it_is_read() -> None:
    exchange = Exchange(Failure())
    status, _ = await exchange.post({b"content-length": b"9" * 30})
    assert status == 413
    assert len(exchange.messages) == 1
