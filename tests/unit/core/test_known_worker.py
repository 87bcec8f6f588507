"""Steps that want one worker and nobody else."""

import pytest

from story import Story, rule, step
from taskyard.core.events import ReservationCreated, WorkflowTargetMatched
from taskyard.core.known_workers import KnownWorkerProblem


def known(by: str = "known_worker_sid", value: str = "task.agent", **keys: object) -> Story:
    """Alice and bob; Q1 has a first step of 30 s for the one whom the task names."""
    story = Story().queue("Q1").worker("bob").worker("alice")
    return story.workflow("w", rule("1==1", step("Q1", **{by: value}, timeout=30, **keys), {}))


def alices_sid(story: Story) -> str:
    return story.sid("WK", "alice")


def test_a_worker_known_by_sid_is_the_only_one_asked() -> None:
    story = known()
    story.task("T1", {"agent": alices_sid(story)}).expect_offers(("T1", "alice"))


def test_an_offer_to_a_known_worker_says_so() -> None:
    story = known()
    story.task("T1", {"agent": alices_sid(story)})
    offers = [e for e in story.latest if isinstance(e, ReservationCreated)]
    assert [e.known_worker for e in offers] == [True]


@pytest.mark.parametrize("end", ["reservation.rescinded", "reservation.completed"])
def test_what_becomes_of_an_offer_to_a_known_worker_says_so_to_its_last_event(end: str) -> None:
    story = known()
    story.task("T1", {"agent": alices_sid(story)})
    if end == "reservation.completed":
        story.accept("alice").restart().complete_task("T1")
    else:
        story.delete_worker("alice")
    reservation = story.details_of(end).reservation
    assert reservation is not None
    assert reservation.known_worker


def test_an_offer_to_anybody_names_no_known_worker() -> None:
    story = known()
    story.task("T1", {"agent": alices_sid(story)}).reject("alice", activity="Offline")
    reservation = story.advance(s=30).details_of("reservation.created").reservation
    assert reservation is not None
    assert not reservation.known_worker


def test_a_worker_known_by_name_is_found_in_whatever_case() -> None:
    story = known("known_worker_friendly_name")
    story.task("T1", {"agent": "ALIce"}).expect_offers(("T1", "alice"))


def test_the_reference_may_do_without_its_prefix() -> None:
    story = known(value="agent")
    story.task("T1", {"agent": alices_sid(story)}).expect_offers(("T1", "alice"))


def test_the_reference_may_lead_into_attributes() -> None:
    story = known(value="task.original.agents[1]")
    story.task("T1", {"original": {"agents": [1, alices_sid(story)]}})
    story.expect_offers(("T1", "alice"))


def test_a_sid_may_be_written_into_the_rules() -> None:
    story = Story().queue("Q1").worker("bob").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", known_worker_sid=alices_sid(story))))
    story.task("T1").expect_offers(("T1", "alice"))


@pytest.mark.parametrize(
    "attributes",
    [{}, {"agent": None}, {"agent": 7}, {"agent": "nobody"}, {"agent": "WK" + "f" * 32}],
)
def test_a_worker_who_is_not_there_still_costs_the_time_of_the_step(
    attributes: dict[str, object],
) -> None:
    story = known().task("T1", attributes)
    story.expect_offers()
    story.advance(ms=29_999).expect_nothing()
    story.advance(ms=1).expect("reservation.created", task="T1", worker="bob")


def test_the_path_reaches_attributes_and_not_the_tasks_own_properties() -> None:
    story = known(value="task.routing_target").task("T1")
    story.expect_offers()


@pytest.mark.parametrize("reason", ["unavailable", "full", "not in the queue", "does not match"])
def test_a_known_worker_who_cannot_take_it_is_waited_for(reason: str) -> None:
    story = Story().queue("Q1", "team == 1").worker("bob", {"team": 1})
    attributes = {"team": 2 if reason == "not in the queue" else 1, "level": 1}
    story.worker(
        "alice", attributes, activity="Offline" if reason == "unavailable" else "Available"
    )
    expression = "worker.level > 1" if reason == "does not match" else "1==1"
    known_step = step("Q1", known_worker_sid="task.agent", timeout=30, expression=expression)
    story.workflow("w", rule("1==1", known_step, {}))
    if reason == "full":
        story.worker_channel("alice", "default", capacity=0)
    story.task("T1", {"agent": alices_sid(story)}).expect_offers()
    story.advance(ms=29_999).expect_nothing()
    story.advance(ms=1).expect("reservation.created", worker="bob")


def test_a_known_worker_who_comes_back_in_time_is_asked_at_once() -> None:
    story = known().goes("alice", "Offline")
    story.task("T1", {"agent": alices_sid(story)}).expect_offers()
    story.advance(s=10).goes("alice", "Available").expect_offers(("T1", "alice"))


def test_a_known_worker_who_is_created_later_is_asked_at_once() -> None:
    story = known("known_worker_friendly_name").task("T1", {"agent": "Carol"})
    story.worker("carol").expect_offers(("T1", "carol"))


def test_a_worker_who_takes_the_wanted_name_is_asked_at_once() -> None:
    story = known("known_worker_friendly_name").task("T1", {"agent": "Carol"})
    story.update_worker("bob", rename="carol").expect_offers(("T1", "carol"))


def test_a_known_worker_step_can_be_skipped() -> None:
    story = known(skip_if="1==1").goes("alice", "Offline")
    story.task("T1", {"agent": alices_sid(story)}).expect_offers(("T1", "bob"))


def test_a_known_worker_is_one_however_many_the_queue_reserves() -> None:
    story = known().update_queue("Q1", max_reserved_workers=5)
    story.task("T1", {"agent": alices_sid(story)}).expect_offers(("T1", "alice"))


def test_tasks_for_one_known_worker_go_by_the_order_of_tasks() -> None:
    story = known().goes("alice", "Offline")
    agent = {"agent": alices_sid(story)}
    story.task("T1", agent).task("T2", agent, priority=5).task("T3", {"agent": "nobody"})
    story.goes("alice", "Available").expect_offers(("T2", "alice"))


def problem(story: Story) -> KnownWorkerProblem | None:
    """What is wrong with the worker of the first step that was come to last."""
    matched = next(e for e in story.latest if isinstance(e, WorkflowTargetMatched))
    return story.machine.known_worker_problem(matched)


@pytest.mark.parametrize(
    ("agent", "code", "message"),
    [
        (7, 40154, "known_worker_sid: 7 is not the SID of a worker"),
        ("nobody", 40154, 'known_worker_sid: "nobody" is not the SID of a worker'),
        (["x" * 80], 40154, f'known_worker_sid: ["{"x" * 55}... is not the SID of a worker'),
        (
            "WK" + "f" * 32,
            40155,
            f'known_worker_sid: no worker of this workspace is "WK{"f" * 32}"',
        ),
    ],
)
def test_whoever_keeps_the_rules_can_hear_that_a_known_worker_is_nobody(
    agent: object, code: int, message: str
) -> None:
    assert problem(known().task("T1", {"agent": agent})) == KnownWorkerProblem(code, message)


def test_a_name_of_no_worker_is_a_problem_too() -> None:
    story = known("known_worker_friendly_name")
    expected = 'known_worker_friendly_name: no worker of this workspace is "carol"'
    assert problem(story.task("T1", {"agent": "carol"})) == KnownWorkerProblem(40155, expected)
    expected = "known_worker_friendly_name: 7 is not a name"
    assert problem(story.task("T2", {"agent": 7})) == KnownWorkerProblem(40154, expected)


@pytest.mark.parametrize("keys", [{}, {"skip_if": "1==1"}])
def test_a_known_worker_of_another_queue_is_a_problem_even_where_the_step_is_skipped(
    keys: dict[str, str],
) -> None:
    story = known(**keys).update_queue("Q1", target_workers="friendly_name == 'bob'")
    sid, queue = alices_sid(story), story.sid("WQ", "Q1")
    expected = f"known_worker_sid: worker {sid} does not belong to task queue {queue}"
    assert problem(story.task("T1", {"agent": sid})) == KnownWorkerProblem(40152, expected)


@pytest.mark.parametrize("channel", ["voice", "chat"])
def test_a_queue_that_looks_at_the_work_in_hand_may_leave_a_known_worker_out(channel: str) -> None:
    story = known().update_queue("Q1", target_workers="channel.chat.assigned_tasks == 0")
    bobs_sid = story.sid("WK", "bob")
    story.task("T1", channel=channel, to="bob").accept("bob")
    found = problem(story.task("T2", {"agent": bobs_sid}))
    assert (found and found.code) == (40152 if channel == "chat" else None)


@pytest.mark.parametrize("agent", [None, "alice", "bob, who is busy"])
def test_to_name_nobody_or_somebody_who_has_to_be_waited_for_is_no_problem(
    agent: str | None,
) -> None:
    story = known().task("T1", {}, to="bob")
    sids = {None: None, "alice": alices_sid(story), "bob, who is busy": story.sid("WK", "bob")}
    assert problem(story.task("T2", {"agent": sids[agent]})) is None


def test_a_step_that_wants_nobody_in_particular_has_no_such_problem() -> None:
    story = Story().queue("Q1").workflow("w", rule("x == 1", "Q1"), default="Q1")
    assert problem(story.task("T1", {"x": 1})) is None
    assert problem(story.task("T2")) is None


def test_what_is_accepted_or_over_by_now_is_nobodys_problem() -> None:
    story = known()
    story.task("T1", {"agent": "nobody"})
    matched = next(e for e in story.latest if isinstance(e, WorkflowTargetMatched))
    story.cancel("T1")
    assert story.machine.known_worker_problem(matched) is None
    story.delete_task("T1")
    assert story.machine.known_worker_problem(matched) is None


def test_a_step_that_the_rules_of_a_task_no_longer_have_is_nobodys_problem() -> None:
    story = known()
    story.task("T1", {"agent": "nobody"})
    (matched,) = [e for e in story.latest if isinstance(e, WorkflowTargetMatched)]
    story.update_workflow("w", default="Q1", re_evaluate=True)
    assert story.machine.known_worker_problem(matched) is None
