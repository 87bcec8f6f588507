"""What each role opens, in a workspace where alice has one offer, and carol an accepted one."""

import re
from urllib.parse import parse_qs

import pytest

from story import Story
from taskyard.server.bearers import Bearer, may_connect, may_post, permits
from taskyard.server.roles import Role

WS = "WS" + "0" * 31 + "1"


class Yard:
    """A story, its workers' tokens, and paths in which names stand for SIDs."""

    def __init__(self) -> None:
        self.story = Story().worker("alice").task("hers").worker("bob", activity="Offline")
        self.story.worker("carol").task("other").accept("carol", "other")

    def path(self, text: str) -> str:
        story = self.story
        sids = {name: story.sid("WK", name) for name in ("alice", "bob", "carol")}
        sids |= {name: story.sid("WT", name) for name in ("hers", "other")}
        sids["offer"] = story.reservation("alice", "hers").sid
        sids["carols"] = story.reservation("carol", "other").sid
        return re.sub(r"\b[a-z]+\b", lambda word: sids.get(word[0], word[0]), text)

    def bearer(self, role: Role, worker: str | None = "alice") -> Bearer:
        return Bearer(
            kind="access",
            account_sid="AC" + "0" * 32,
            workspace_sid=WS,
            channel_sid=None if worker is None else self.story.sid("WK", worker),
            expires_ms=0,
            role=role,
        )

    def may(self, role: Role, request: str, worker: str | None = "alice") -> bool:
        method, address, form = [*request.split(" "), ""][:3]
        path, _, query = self.path(address).partition("?")
        return permits(
            self.bearer(role, worker),
            method,
            f"/v1/Workspaces/{WS}{path}",
            parse_qs(query),
            parse_qs(form),
            lambda look: look(self.story.state),
        )


@pytest.fixture
def yard() -> Yard:
    return Yard()


WORKERS = [
    "GET /Workers/alice",
    "POST /Workers/alice ActivitySid=WA1",
    "GET /Workers/alice/Channels",
    "POST /Workers/alice/Channels/WC1 Capacity=2",
    "GET /Workers/alice/Reservations",
    "POST /Workers/alice/Reservations/offer ReservationStatus=accepted",
    "POST /Workers/alice/Transfers To=WK1",
    "POST /Workers/alice/Transfers/TT1 TransferStatus=canceled",
    "GET /Workers/alice/Statistics",
    "GET /Tasks/hers",
    "POST /Tasks/hers Attributes={}",
    "GET /Tasks/hers/Reservations",
    "GET /Tasks/hers/Reservations/offer",
    "POST /Tasks/hers/Reservations/offer ReservationStatus=rejected",
    "POST /Tasks/hers/Transfers To=WK1",
    "POST /Tasks Attributes={}",
    "GET /Activities",
    "GET /Activities/WA1",
    "GET /Workers",
    "GET /Workers/bob",
    "GET /TaskQueues",
    "GET /TaskQueues/WQ1",
]
SUPERVISORS = [
    "POST /Workers/bob ActivitySid=WA1&RejectPendingReservations=true",
    "POST /Workers/bob Attributes={}",
    "POST /Tasks/other/Reservations/carols Instruction=supervise&SupervisorMode=monitor",
    "POST /Workers/carol/Reservations/carols Instruction=supervise",
    "GET /Tasks",
    "GET /Tasks/other",
    "GET /Tasks/other/Reservations/carols",
    "GET /Workers/bob/Channels",
    "GET /Workers/bob/Reservations",
    "GET /Workers/Statistics",
    "GET /Workers/bob/Statistics",
    "GET /TaskQueues/WQ1/RealTimeStatistics",
    "GET /TaskQueues/Statistics",
    "GET /Workflows/WW1/CumulativeStatistics",
    "GET /Statistics",
    "GET /Events",
    "GET /Events/EV1",
    "GET /TaskChannels",
]
ADMINS = [
    "DELETE /Workers/bob",
    "DELETE /Workers/alice",
    "DELETE /Tasks/hers",
    "POST /Workers FriendlyName=dora",
    "POST /Workers/bob FriendlyName=rob",
    "POST /Workers/bob/Channels/WC1 Capacity=2",
    "POST /Workers/bob/Reservations/carols ReservationStatus=rejected",
    "POST /Tasks/other Attributes={}",
    "POST /Tasks/other/Reservations/carols ReservationStatus=completed",
    "GET /Workflows",
    "POST /Workflows/WW1 Configuration={}",
    "POST /TaskQueues FriendlyName=x",
    "DELETE /Activities/WA1",
    "GET ",
    "POST  FriendlyName=x",
]
NOBODYS = ["DELETE "]


@pytest.mark.parametrize(
    ("request_", "roles"),
    [
        *((one, {"worker", "supervisor", "admin"}) for one in WORKERS),
        *((one, {"supervisor", "admin"}) for one in SUPERVISORS),
        *((one, {"admin"}) for one in ADMINS),
        *((one, set()) for one in NOBODYS),
    ],
)
def test_a_role_opens_what_the_table_says(yard: Yard, request_: str, roles: set[str]) -> None:
    every: tuple[Role, ...] = ("worker", "supervisor", "admin")
    assert {role for role in every if yard.may(role, request_)} == roles


def test_a_worker_reads_the_events_that_are_its_own_alone(yard: Yard) -> None:
    assert yard.may("worker", "GET /Events?WorkerSid=alice")
    assert not yard.may("worker", "GET /Events?WorkerSid=bob")
    assert not yard.may("worker", "GET /Events?WorkerSid=alice&WorkerSid=bob")


def test_a_worker_holds_a_task_until_its_reservation_ends(yard: Yard) -> None:
    yard.story.accept("alice", "hers")
    assert yard.may("worker", "GET /Tasks/hers")
    yard.story.wrap("alice", "hers")
    assert yard.may("worker", "POST /Tasks/hers AssignmentStatus=completed")
    yard.story.complete("alice", "hers")
    assert not yard.may("worker", "POST /Tasks/hers Reason=served")
    assert not yard.may("worker", "GET /Tasks/hers/Reservations")


def test_a_worker_still_reads_a_task_that_it_has_completed(yard: Yard) -> None:
    yard.story.accept("alice", "hers")
    yard.story.complete("alice", "hers")
    assert yard.may("worker", "GET /Tasks/hers")
    assert not yard.may("worker", "GET /Tasks/other")


def test_a_worker_holds_no_task_whose_offer_has_lapsed(yard: Yard) -> None:
    yard.story.advance(s=yard.story.reservation_timeout_s)
    assert not yard.may("worker", "GET /Tasks/hers")


def test_a_worker_reads_the_workflow_of_a_task_that_it_holds_and_changes_it_never(
    yard: Yard,
) -> None:
    sid = yard.story.tasks["hers"].workflow_sid
    assert sid is not None
    assert yard.may("worker", f"GET /Workflows/{sid}")
    assert not yard.may("worker", f"GET /Workflows/{sid}", worker="bob")
    assert not yard.may("worker", f"POST /Workflows/{sid} FriendlyName=mine")
    assert not yard.may("worker", f"GET /Workflows/{sid[:-4]}ffff")
    assert not yard.may("worker", "GET /Workflows")


def test_anothers_reservation_does_not_open_under_a_task_that_one_holds(yard: Yard) -> None:
    assert not yard.may("worker", "GET /Tasks/hers/Reservations/carols")
    assert not yard.may("worker", "GET /Tasks/other/Reservations/offer")


def test_a_supervisor_changes_nothing_else_of_another_worker(yard: Yard) -> None:
    assert not yard.may("supervisor", "POST /Workers/bob ActivitySid=WA1&FriendlyName=x")
    assert not yard.may(
        "supervisor", "POST /Tasks/other/Reservations/carols Instruction=supervise&Instruction=x"
    )


def test_without_a_worker_a_token_may_send_but_not_listen(yard: Yard) -> None:
    admin = yard.bearer("admin", worker=None)
    assert [may_connect(admin), may_post(admin)] == [False, True]
    assert yard.may("admin", "GET /Workers", worker=None)
    assert yard.may("supervisor", "GET /Tasks", worker=None)
    alice = yard.bearer("worker")
    assert [may_connect(alice), may_post(alice)] == [True, True]


@pytest.mark.parametrize("role", ["worker", "supervisor", "admin"])
def test_no_role_reaches_another_workspace(yard: Yard, role: Role) -> None:
    other = f"/v1/Workspaces/WS{'f' * 32}"
    for path in (f"{other}/Activities", f"/v1/Workspaces/{WS}/../WS{'f' * 32}", "/v1/Workspaces"):
        assert not permits(yard.bearer(role), "GET", path, {}, {}, lambda _look: True)
