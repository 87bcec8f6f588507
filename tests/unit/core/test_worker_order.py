"""Which of the free workers is asked first."""

import pytest

from story import Story, step


def ordered_by(order_by: str, **workers: dict[str, object] | None) -> Story:
    """One queue and these workers, created in this order."""
    story = Story().queue("Q1").workflow("w", default=step("Q1", order_by=order_by))
    for name, attributes in workers.items():
        story.worker(name, attributes)
    return story


def asked_in_turn(story: Story, *workers: str) -> None:
    """Tasks come one after the other and are offered to these."""
    for number, worker in enumerate(workers):
        story.task(f"turn {number}").expect_offers((f"turn {number}", worker))


# --- the default order ---


def test_whoever_was_never_asked_comes_first() -> None:
    story = Story().worker("alice").task("T1").accept("alice").complete("alice")
    story.advance(s=60).worker("bob").task("T2").expect_offers(("T2", "bob"))


def test_whoever_was_asked_longest_ago_comes_first() -> None:
    story = Story().worker("alice").worker("bob").worker("carol")
    for number, worker in enumerate(("alice", "bob", "carol", "alice", "bob", "carol")):
        story.advance(s=1).task(f"T{number}").expect_offers((f"T{number}", worker))
        story.accept(worker).complete(worker)


def test_what_counts_is_when_they_were_asked_not_when_they_were_done() -> None:
    story = Story().worker("alice").advance(s=1).worker("bob")
    story.task("T1").accept("alice").advance(s=1).task("T2").accept("bob")
    story.complete("bob").advance(s=60).complete("alice")
    story.task("T3").expect_offers(("T3", "alice"))


def test_of_those_never_asked_the_longest_in_their_activity_comes_first() -> None:
    story = Story().worker("alice", activity="Offline").worker("bob").advance(s=1)
    story.goes("alice", "Available").task("T1").expect_offers(("T1", "bob"))


def test_the_order_is_as_fine_as_a_millisecond() -> None:
    story = Story().worker("alice").worker("bob").task("T1").advance(ms=1).task("T2")
    story.accept("alice").accept("bob").complete("bob").complete("alice")
    story.task("T3").expect_offers(("T3", "alice"))


def test_of_otherwise_equal_workers_the_first_created_comes_first() -> None:
    story = Story().worker("zoe").worker("alice").worker("mia")
    asked_in_turn(story, "zoe", "alice", "mia")


def test_a_rejected_offer_counts_as_having_been_asked() -> None:
    story = Story().worker("alice").worker("bob").advance(ms=1).task("T1")
    story.reject("alice").expect_offers(("T1", "bob"))


def test_offers_on_any_channel_count_unless_the_channel_has_a_circle_of_its_own() -> None:
    story = Story().worker("alice").worker("bob")
    story.task("T1", channel="voice").expect_offers(("T1", "alice")).advance(s=1)
    story.task("T2", channel="chat").expect_offers(("T2", "bob"))


def test_a_channel_with_a_circle_of_its_own_counts_its_own_offers_only() -> None:
    story = Story().update_task_channel("chat", channel_optimized_routing=True)
    story.worker("alice").worker("bob")
    story.task("T1", channel="voice").expect_offers(("T1", "alice")).advance(s=1)
    story.task("T2", channel="chat").expect_offers(("T2", "alice"))


def test_the_load_of_a_worker_plays_no_part() -> None:
    story = Story().worker("alice", default=5).advance(ms=1).worker("bob")
    story.goes("bob", "Offline").task("T1").advance(ms=1).task("T2").accept("alice", "T1")
    story.accept("alice", "T2").advance(ms=1).goes("bob", "Available")
    story.task("T3").expect_offers(("T3", "bob")).advance(ms=1)
    story.task("T4").expect_offers(("T4", "alice"))


# --- order_by ---


def test_the_highest_number_comes_first_when_descending() -> None:
    story = ordered_by("worker.level DESC", a={"level": 1}, b={"level": 3}, c={"level": 2})
    asked_in_turn(story, "b", "c", "a")


def test_the_lowest_number_comes_first_when_ascending() -> None:
    story = ordered_by("worker.level ASC", a={"level": 2.5}, b={"level": 3}, c={"level": -2})
    asked_in_turn(story, "c", "a", "b")


@pytest.mark.parametrize("order_by", ["level", "worker.level", "worker.level asc", "level Asc"])
def test_direction_and_prefix_may_be_left_out_and_case_does_not_matter(order_by: str) -> None:
    asked_in_turn(ordered_by(order_by, a={"level": 2}, b={"level": 1}), "b", "a")


def test_a_path_may_lead_into_attributes() -> None:
    story = ordered_by(
        "worker.routing.levels.es DESC",
        a={"routing": {"levels": {"es": 1}}},
        b={"routing": {"levels": {"es": 5}}},
    )
    asked_in_turn(story, "b", "a")


def test_ties_go_to_the_next_clause_and_then_to_the_longest_idle() -> None:
    story = ordered_by(
        "worker.a DESC , worker.b DESC",
        first={"a": 1, "b": 9},
        second={"a": 2, "b": 1},
        third={"a": 2, "b": 2},
        fourth={"a": 2, "b": 2},
    )
    asked_in_turn(story, "third", "fourth", "second", "first")


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("lacking", [{}, {"level": None}])
def test_whoever_lacks_the_attribute_comes_last_in_either_direction(
    direction: str, lacking: dict[str, object]
) -> None:
    story = ordered_by(f"worker.level {direction}", a=lacking, b={"level": 1})
    asked_in_turn(story, "b", "a")


@pytest.mark.parametrize("odd", ["high", "9", True, [1], {"n": 1}])
def test_a_clause_that_meets_something_other_than_a_number_is_ignored_for_all(odd: object) -> None:
    story = ordered_by(
        "worker.level DESC, worker.b DESC",
        a={"level": 1, "b": 1},
        b={"level": 5, "b": 0},
        c={"level": odd, "b": 9},
    )
    asked_in_turn(story, "c", "b", "a")


def test_only_the_values_of_qualified_and_free_workers_decide_that_a_clause_is_ignored() -> None:
    story = Story().queue("Q1", "team == 1")
    story.workflow("w", default=step("Q1", order_by="worker.level DESC"))
    story.worker("stranger", {"team": 2, "level": "high"})
    story.worker("away", {"team": 1, "level": "high"}, activity="Offline")
    story.worker("low", {"team": 1, "level": 1}).worker("top", {"team": 1, "level": 2})
    asked_in_turn(story, "top", "low")


def test_channel_counters_can_be_ordered_by() -> None:
    story = Story().queue("Q1")
    story.workflow("w", default=step("Q1", order_by="worker.channel.chat.assigned_tasks ASC"))
    story.worker("alice", chat=5).worker("bob", chat=5)
    story.task("T1", channel="chat").expect_offers(("T1", "alice")).accept("alice")
    story.task("T2", channel="chat").expect_offers(("T2", "bob")).accept("bob").advance(s=1)
    story.complete("bob", "T2").task("T3", channel="chat").expect_offers(("T3", "bob"))


def test_an_attribute_that_changes_moves_its_worker_at_once() -> None:
    story = ordered_by("worker.level DESC", a={"level": 2}, b={"level": 1})
    story.update_worker("b", {"level": 3})
    asked_in_turn(story, "b", "a")
