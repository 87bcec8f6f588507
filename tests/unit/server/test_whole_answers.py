"""Answers in one piece, and in messages where that cannot be."""

from typing import Any

from taskyard.server.whole_answers import WHOLE, Headers, Scope, send_whole

HEADERS = [(b"content-length", b"2")]
MESSAGES = [
    {"type": "http.response.start", "status": 200, "headers": HEADERS},
    {"type": "http.response.body", "body": b"{}"},
]


async def sent_in_messages(scope: Scope) -> list[Any]:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    await send_whole(scope, 200, HEADERS, b"{}", send)
    return messages


async def test_a_connection_that_takes_whole_answers_is_given_one() -> None:
    taken: list[tuple[Scope, int, Headers, bytes]] = []

    def take(*answer: Any) -> bool:
        taken.append(answer)
        return True

    scope: Scope = {"extensions": {WHOLE: take}}
    assert await sent_in_messages(scope) == []
    assert taken == [(scope, 200, HEADERS, b"{}")]


async def test_one_that_cannot_take_it_now_is_given_messages() -> None:
    assert await sent_in_messages({"extensions": {WHOLE: lambda *_: False}}) == MESSAGES


async def test_so_is_one_that_knows_no_whole_answers() -> None:
    assert await sent_in_messages({"extensions": {}}) == MESSAGES
    assert await sent_in_messages({}) == MESSAGES
