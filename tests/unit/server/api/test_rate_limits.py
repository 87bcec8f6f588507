import pytest

from taskyard.server.api.rate_limits import (
    PUBLISHED_RATES,
    RateLimiter,
    is_resource_key,
    resource_key,
)

WORKSPACE = "/Workspaces/WS1"


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def allowed(limiter: RateLimiter, path: str = f"{WORKSPACE}/Tasks", method: str = "POST") -> bool:
    return limiter.take(method, path, b"").allowed


@pytest.mark.parametrize(
    ("method", "path", "query", "key"),
    [
        ("GET", "/Workspaces", b"", "Workspace-List"),
        ("POST", "/Workspaces", b"", "Workspace-Create"),
        ("DELETE", WORKSPACE, b"", "Workspace-Delete"),
        ("HEAD", f"{WORKSPACE}/Activities/WA1", b"", "Activity-Fetch"),
        ("POST", f"{WORKSPACE}/Workers/WK1/Channels/voice", b"", "WorkerChannel-Update"),
        ("GET", f"{WORKSPACE}/Tasks/WT1/Reservations", b"", "Reservation-List"),
        ("GET", f"{WORKSPACE}/Workers/WK1/Reservations", b"", "Reservation-List"),
        ("GET", f"{WORKSPACE}/Tasks", b"Priority=1", "Task-List"),
        ("GET", f"{WORKSPACE}/Tasks", b"EvaluateTaskAttributes=", "Task-List"),
        (
            "GET",
            f"{WORKSPACE}/Tasks",
            b"EvaluateTaskAttributes=a%3D%3D1",
            "Task-List-EvaluateTaskAttributes",
        ),
        (
            "GET",
            f"{WORKSPACE}/Workers",
            b"TargetWorkersExpression=1%3D%3D1",
            "Worker-List-TargetWorkersExpression",
        ),
        (
            "GET",
            f"{WORKSPACE}/TaskQueues",
            b"EvaluateWorkerAttributes=%7B%7D",
            "TaskQueue-List-EvaluateWorkerAttributes",
        ),
        ("GET", f"{WORKSPACE}/Statistics", b"", "WorkspaceStatistics-Fetch"),
        ("GET", f"{WORKSPACE}/TaskQueues/Statistics", b"", "TaskQueueStatistics-List"),
        (
            "POST",
            f"{WORKSPACE}/TaskQueues/RealTimeStatistics",
            b"",
            "TaskQueueBulkRealTimeStatistics-Create",
        ),
        (
            "GET",
            f"{WORKSPACE}/Workflows/WW1/CumulativeStatistics",
            b"",
            "WorkflowCumulativeStatistics-Fetch",
        ),
        ("GET", f"{WORKSPACE}/Workers/Statistics", b"", "WorkersStatistics-Fetch"),
        ("GET", f"{WORKSPACE}/Workers/WK1/Statistics", b"", "WorkerStatistics-Fetch"),
    ],
)
def test_a_call_counts_as(method: str, path: str, query: bytes, key: str) -> None:
    assert resource_key(method, path, query) == key
    assert is_resource_key(key)


@pytest.mark.parametrize("text", ["", "Task", "Task-", "Tasks-List", "Task-Read", "task-list"])
def test_nothing_counts_as(text: str) -> None:
    assert not is_resource_key(text)


def test_within_a_second_there_is_room_for_the_limit_and_no_more(clock: Clock) -> None:
    limiter = RateLimiter({"Task-Create": 3}, clock)
    assert [allowed(limiter) for _ in range(5)] == [True, True, True, False, False]
    clock.now_ms += 333
    assert not allowed(limiter)
    clock.now_ms += 1
    assert allowed(limiter)
    assert not allowed(limiter)
    clock.now_ms += 60_000
    assert [allowed(limiter) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_is_set_back_refills_nothing(clock: Clock) -> None:
    limiter = RateLimiter({"Task-Create": 1}, clock)
    assert allowed(limiter)
    clock.now_ms -= 60_000
    assert not allowed(limiter)
    clock.now_ms += 1_000
    assert allowed(limiter)


def test_workspaces_and_keys_are_counted_apart(clock: Clock) -> None:
    limiter = RateLimiter({"Task-Create": 1, "Task-List": 1}, clock)
    assert allowed(limiter)
    assert not allowed(limiter)
    assert allowed(limiter, "/Workspaces/WS2/Tasks")
    assert allowed(limiter, method="GET")


def test_the_headers_say_how_much_is_left(clock: Clock) -> None:
    limiter = RateLimiter({"Task-Create": 2}, clock)
    seen = [dict(limiter.take("POST", f"{WORKSPACE}/Tasks", b"").headers) for _ in range(3)]
    assert [one[b"x-rate-limit-remaining"] for one in seen] == [b"1", b"0", b"0"]
    assert {one[b"x-rate-limit-limit"] for one in seen} == {b"2"}
    assert {one[b"x-rate-limit-config"] for one in seen} == {b"Task-Create"}


def test_a_key_without_a_limit_is_named_and_never_full(clock: Clock) -> None:
    limiter = RateLimiter(PUBLISHED_RATES, clock)
    rate = limiter.take("POST", f"{WORKSPACE}/Tasks", b"")
    assert rate.headers == ((b"x-rate-limit-config", b"Task-Create"),)
    assert all(allowed(limiter) for _ in range(100))


def test_buckets_that_are_full_again_are_forgotten(clock: Clock) -> None:
    limiter = RateLimiter({"Task-Create": 1}, clock)
    for number in range(10_000):
        allowed(limiter, f"/Workspaces/WS{number}/Tasks")
    clock.now_ms += 1_000
    allowed(limiter, "/Workspaces/other/Tasks")
    assert len(limiter._buckets) == 1
