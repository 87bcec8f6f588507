"""What is asked again, what is not, and with which token."""

import logging
import socket
from typing import Any

import pytest

from taskyard import ApiError, BadAnswer, ClientClosed, ConnectionFailed, TokenProblem

from .faces import Face, done
from .wire import AC, WK, WQ, WR, WS, WT, Wire, page, reservation, task, task_queue, token, until

QUEUE = f"/TaskQueues/{WQ}"
LATER = (503, {"code": 20503, "message": "later"})
TOO_MANY = (429, {"code": 20429, "message": "too many"})


async def test_a_read_is_asked_again(wire: Wire, face: Face) -> None:
    wire.answer("GET", QUEUE, LATER, (502, "<html>"), task_queue())
    queue = await done(face.make("TaskQueue", token(WQ)).fetch())
    assert queue.friendly_name == "Cakes"
    assert len(wire.asked("GET", QUEUE)) == 3


async def test_a_read_is_asked_again_no_oftener_than_allowed(wire: Wire, face: Face) -> None:
    wire.answer("GET", QUEUE, LATER)
    with pytest.raises(ApiError, match="later"):
        await done(face.make("TaskQueue", token(WQ), max_retries=1).fetch())
    assert len(wire.asked("GET", QUEUE)) == 2


async def test_a_change_is_asked_again_only_if_nothing_can_have_been_done(
    wire: Wire, face: Face
) -> None:
    queue = face.make("TaskQueue", token(WQ))
    wire.answer("POST", QUEUE, LATER)
    with pytest.raises(ApiError, match="later"):
        await done(queue.update(max_reserved_workers=2))
    assert len(wire.asked("POST", QUEUE)) == 1
    wire.answer("POST", QUEUE, TOO_MANY, task_queue(max_reserved_workers=2))
    await done(queue.update(max_reserved_workers=2))
    assert queue.max_reserved_workers == 2
    assert len(wire.asked("POST", QUEUE)) == 3


async def test_a_server_that_is_not_there_saw_nothing(face: Face) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        face.url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        queue = face.make("TaskQueue", token(WQ), max_retries=1)
        with pytest.raises(ConnectionFailed, match=r"cannot connect to 127\.0\.0\.1") as failure:
            await done(queue.update(max_reserved_workers=2))
        assert not failure.value.sent


async def test_an_answer_that_nobody_can_read_is_an_error(wire: Wire, face: Face) -> None:
    wire.answer("GET", QUEUE, (200, "<html>"))
    with pytest.raises(BadAnswer):
        await done(face.make("TaskQueue", token(WQ)).fetch())


async def test_whatever_was_handed_out_before_asks_with_the_newest_token(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", f"/Workers/{WK}/Reservations", page("reservations", [reservation()]))
    wire.answer("GET", f"/Tasks/{WT}", task())
    wire.answer("GET", f"/Workers/{WK}/Statistics", {"cumulative": {}})
    path = f"/Tasks/{WT}/Reservations/{WR}"
    wire.answer("POST", path, reservation())
    worker = face.make("Worker", token(WK))
    statistics = worker.statistics
    (offered,) = await done(worker.fetch_reservations())
    newer = token(WK, version="v1")
    worker.update_token(newer)
    await done(offered.accept())
    await done(offered.task.fetch())
    assert (await done(statistics.fetch())).realtime is None
    assert {one["token"] for one in wire.envelopes[-3:]} == {newer}
    assert wire.envelopes[0]["token"] != newer


@pytest.mark.parametrize("claims", [{"channel": WS}, {"workspace_sid": "WS2"}])
async def test_a_token_for_somebody_else_is_refused_and_the_old_one_kept(
    wire: Wire, face: Face, claims: dict[str, str]
) -> None:
    first = token(WQ)
    queue = face.make("TaskQueue", first)
    with pytest.raises(TokenProblem, match=next(iter(claims))):
        queue.update_token(token(**{"channel": WQ, **claims}))
    await done(queue.fetch())
    assert wire.envelopes[-1]["token"] == first


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "a token is needed"),
        ("abc", "three parts"),
        ("a.b.c", "JSON object"),
        (token(WK), "begins with WQ"),
        (token(WQ, account_sid=None), "account_sid"),
        (token(WQ, workspace_sid=None), "workspace_sid"),
        (token(WQ, exp="soon"), "exp"),
    ],
)
async def test_a_token_that_cannot_be_used_is_refused_at_once(
    face: Face, wrong: str, said: str
) -> None:
    with pytest.raises(TokenProblem, match=said):
        face.make("TaskQueue", wrong)


async def test_a_workspaces_token_for_a_worker_speaks_for_the_worker(face: Face) -> None:
    worker = face.make("Worker", token(WS, worker_sid=WK, name="Zoë"))
    assert (worker.sid, worker.account_sid, worker.workspace_sid) == (WK, AC, WS)


async def test_the_server_is_where_the_variable_says(
    wire: Wire, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKYARD_URL", wire.url + "/")
    face.url = None  # type: ignore[assignment]
    assert (await done(face.make("TaskQueue", token(WQ)).fetch())).friendly_name == "Cakes"


async def test_an_address_that_is_none_is_refused(face: Face) -> None:
    face.url = "ftp://here"
    with pytest.raises(ValueError, match="ftp://here"):
        face.make("TaskQueue", token(WQ))


async def test_no_line_and_no_message_ever_holds_the_token(
    wire: Wire, face: Face, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = token(WQ)
    wire.refusing = 403
    errors: list[Any] = []
    queue = face.make("TaskQueue", text, debug=True)
    queue.on("error", errors.append)
    await done(queue.connect())
    with pytest.raises(ApiError) as refusal:
        await done(queue.wait_until_ready(60))
    await until(lambda: errors)
    wire.refusing = None
    queue.update_token(text)
    await done(queue.wait_until_ready(60))
    wire.push("strange", {"sid": WQ})
    await done(queue.fetch())
    assert "opens ws://127.0.0.1" in caplog.text
    shown = [caplog.text, repr(queue), *map(repr, errors), repr(refusal.value.__context__)]
    for one in shown:
        assert text not in one
        assert text.rpartition(".")[0] not in one


async def test_nothing_is_logged_unless_asked_for(
    wire: Wire, face: Face, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "taskyard.client")
    await face.ready("TaskQueue", token(WQ))
    assert [one for one in caplog.records if one.name == "taskyard.client"] == []


async def test_a_closed_client_asks_nothing(wire: Wire, face: Face) -> None:
    queue = await face.ready("TaskQueue", token(WQ))
    await done(queue.close())
    await done(queue.close())
    asked = len(wire.envelopes)
    with pytest.raises(ClientClosed):
        await done(queue.fetch())
    with pytest.raises(ClientClosed):
        await done(queue.connect())
    with pytest.raises(ClientClosed):
        await done(queue.wait_until_ready())
    await done(queue.wait_until_closed())
    assert len(wire.envelopes) == asked
