"""What an operator sees: whether the server can serve, and what it counts."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, Reply, session_of

KEY, SECRET = "SK" + "1f" * 16, "s" * 32
SAMPLE = re.compile(
    r'([a-z_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (-?[0-9.e+-]+|\+Inf|NaN)'
)
GUARD_S = 60  # against a hang only
Samples = dict[tuple[str, str], float]


def parsed(reply: Reply) -> tuple[dict[str, str], Samples]:
    """The types and the samples of a page, which has to be well formed."""
    assert reply.status == 200, reply.text
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.text.endswith("\n")
    types: dict[str, str] = {}
    explained: list[str] = []
    samples: Samples = {}
    for line in reply.text.splitlines():
        if line.startswith("# HELP "):
            explained.append(line.split()[2])
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == explained[-1]
            assert name not in types
            types[name] = kind
            continue
        match = SAMPLE.fullmatch(line)
        assert match is not None, line
        name, _, value, number = match.groups()
        family = next(reversed(types))
        ends = ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)
        assert name in {family + end for end in ends}, line
        assert (name, value or "") not in samples
        samples[name, value or ""] = float(number)
    assert explained == list(types)
    return types, samples


async def metrics(caller: Caller) -> Samples:
    return parsed(await caller.get(caller.url + "/metrics"))[1]


async def test_the_tasks_and_workers_of_all_workspaces_are_summed(caller: Caller) -> None:
    for _ in range(2):
        centre = await Centre(caller).open()
        await centre.worker("Ann")
        await centre.worker("Bob", "Offline")
        accepted = await centre.task()
        (offer,) = await centre.offers(accepted)
        await centre.task()
        await centre.task()
        path = f"{centre.path}/Tasks/{accepted['sid']}/Reservations/{offer['sid']}"
        await caller.change(path, ReservationStatus="accepted")
    await caller.change(path, ReservationStatus="wrapping")
    seen = await metrics(caller)
    assert seen["taskyard_tasks", "pending"] == 4
    assert seen["taskyard_tasks", "reserved"] == 0
    assert seen["taskyard_tasks", "assigned"] == 1
    assert seen["taskyard_tasks", "wrapping"] == 1
    assert seen["taskyard_tasks_waiting", ""] == 4
    assert seen["taskyard_workers", ""] == 4
    assert seen["taskyard_workers_online", ""] == 2
    assert seen["taskyard_workspaces", ""] == 2
    assert seen["taskyard_workspaces_awake", ""] == 2
    assert seen["taskyard_lanes", ""] >= 2
    assert seen["taskyard_pools", ""] >= 2
    assert seen["taskyard_timers", ""] >= 4
    assert seen["taskyard_commands_waiting", ""] == 0


async def test_commands_are_counted_by_what_came_of_them(caller: Caller) -> None:
    centre = await Centre(caller).open()
    before = await metrics(caller)
    await centre.worker("Ann")
    again = {"FriendlyName": "Ann"}
    assert (await caller.post(f"{centre.path}/Workers", again)).status == 400
    await caller.every(f"{centre.path}/Workers", "workers")
    after = await metrics(caller)

    def more(name: str, label: str = "") -> float:
        return after[name, label] - before[name, label]

    assert more("taskyard_commands_total", "decided") == 1
    assert more("taskyard_commands_total", "refused") == 1
    assert more("taskyard_commands_total", "failed") == 0
    assert more("taskyard_turns_total") == 2
    assert more("taskyard_turn_seconds_count") == 2
    assert more("taskyard_commands_per_turn_count") == 2
    assert more("taskyard_commands_per_turn_sum") == 2
    assert more("taskyard_append_seconds_count") == 1, "a turn of refusals appends nothing"
    assert more("taskyard_append_seconds_sum") > 0
    assert more("taskyard_journal_position") >= 1
    assert more("taskyard_http_responses_total", "2xx") == 3, "the page before among them"
    assert more("taskyard_http_responses_total", "4xx") == 1


async def test_every_metric_is_documented_with_its_type_and_nothing_else_is(
    caller: Caller,
) -> None:
    page = Path(__file__).parents[3] / "docs" / "operations" / "metrics.md"
    counted, _, _ = page.read_text().partition("## The log")
    documented = re.findall(r"^\| `(\w+)` \| (\w+) \|", counted, re.M)
    types, _ = parsed(await caller.get(caller.url + "/metrics"))
    assert documented == list(types.items())


async def test_a_histogram_adds_up(caller: Caller) -> None:
    await Centre(caller).open()
    types, seen = parsed(await caller.get(caller.url + "/metrics"))
    histograms = [name for name, kind in types.items() if kind == "histogram"]
    histograms.remove("taskyard_forwarding_seconds")  # one server alone forwards nothing
    assert len(histograms) == 3
    for name in histograms:
        buckets = [value for (one, _), value in seen.items() if one == name + "_bucket"]
        assert buckets == sorted(buckets)
        assert buckets[-1] == seen[name + "_bucket", "+Inf"] == seen[name + "_count", ""] > 0


async def test_no_sample_names_anybody(caller: Caller) -> None:
    centre = await Centre(caller).open()
    await centre.worker("Ann")
    page = (await caller.get(caller.url + "/metrics")).text
    assert re.search(r"[A-Z]{2}[0-9a-f]{32}", page) is None
    assert TOKEN not in page


async def test_the_process_says_which_release_it_is_and_when_it_started(caller: Caller) -> None:
    seen = await metrics(caller)
    (version,) = [label for name, label in seen if name == "taskyard_build_info"]
    assert version in (await caller.get(caller.url + "/")).text
    assert seen["process_start_time_seconds", ""] > 1_700_000_000
    assert seen["taskyard_loop_pause_seconds", ""] >= 0
    assert seen["taskyard_gc_pause_seconds", ""] >= 0


# --- who may see it ---


@pytest.fixture
async def stranger(server: Running) -> AsyncIterator[Caller]:
    async with session_of(None) as session:
        yield Caller(server.url, session)


async def test_the_page_is_open_to_this_machine(stranger: Caller) -> None:
    assert (await stranger.get(stranger.url + "/metrics")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Via": "1.1 proxy"},
    ],
)
async def test_what_comes_through_a_proxy_needs_credentials(
    stranger: Caller, header: dict[str, str]
) -> None:
    reply = await stranger.get(stranger.url + "/metrics", **header)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")
    assert "taskyard_turns" not in reply.text


async def test_elsewhere_the_account_and_an_api_key_open_it_and_nothing_else_does(
    server: Running,
) -> None:
    server.directory.credentials.add_api_key(KEY, SECRET)
    expected = {(SID, TOKEN): 200, (KEY, SECRET): 200, (SID, SECRET): 401, (KEY, TOKEN): 401}
    for (user, secret), status in expected.items():
        async with session_of(user, secret) as session:
            caller = Caller(server.url, session)
            reply = await caller.get(server.url + "/metrics", Via="1.1 proxy")
            assert reply.status == status


# --- whether it can serve ---


async def test_a_server_that_can_serve_is_ready_and_tells_everybody(stranger: Caller) -> None:
    for page in ("/healthz", "/readyz"):
        reply = await stranger.get(stranger.url + page)
        assert (reply.status, reply.text) == (200, "ok")


async def ready_again(caller: Caller) -> None:
    """The answer is kept for a second, so it takes a little."""
    while (await caller.get(caller.url + "/readyz")).status != 200:  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def test_a_server_whose_store_is_locked_is_healthy_but_not_ready(tmp_path: Path) -> None:
    database = tmp_path / "locked.db"
    config = Config(database=f"sqlite:///{database}", port=0, account_sid=SID, auth_token=TOKEN)
    async with running(config) as server, session_of(None) as session:
        caller = Caller(server.url, session)
        # In a process of its own: locks are a process's, and closing a file would drop ours.
        holder = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()",
            str(database),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        reply = await caller.get(server.url + "/readyz")
        assert reply.status == 503
        assert reply.text == "the store has not answered for 2 s"
        assert (await caller.get(server.url + "/healthz")).status == 200
        await holder.communicate(b"")
        async with asyncio.timeout(GUARD_S):
            await ready_again(caller)


async def test_a_server_whose_directory_is_closed_is_not_ready(
    server: Running, caller: Caller
) -> None:
    await server.directory.close()
    reply = await caller.get(server.url + "/readyz")
    assert (reply.status, reply.text) == (503, "the directory is closed")
