"""Steps that want one worker and nobody else."""

import pytest

from story import Story, rule, step
from taskyard.core.events import ReservationCreated


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
