"""The crowd is a pure function of its seed."""

from itertools import accumulate, islice, pairwise

from taskyard.demo.contact_centre import PAUSES
from taskyard.demo.crowd import (
    CHANNELS,
    HANDLING_S,
    TOPICS,
    Arrival,
    Habits,
    Reaction,
    arrivals,
    handling_s,
)


def first(count: int, seed: int) -> list[Arrival]:
    return list(islice(arrivals(seed), count))


def test_the_same_seed_brings_the_same_customers() -> None:
    assert first(500, seed=7) == first(500, seed=7)


def test_another_seed_brings_other_customers() -> None:
    assert first(20, seed=7) != first(20, seed=8)


def test_every_channel_and_every_topic_is_asked_for() -> None:
    crowd = first(500, seed=1)
    assert {arrival.channel for arrival in crowd} == set(CHANNELS)
    assert {arrival.topic for arrival in crowd} == set(TOPICS)


def test_customers_come_back() -> None:
    names = [arrival.customer.name for arrival in first(500, seed=1)]
    assert len(set(names)) < len(names)


def test_a_customer_who_comes_back_still_speaks_the_same_language() -> None:
    customers = {arrival.customer for arrival in first(2000, seed=1)}
    assert len({customer.name for customer in customers}) == len(customers)


def test_there_are_calm_stretches_and_rushes() -> None:
    instants = list(accumulate(arrival.after_s for arrival in first(2000, seed=1)))
    spans = [later - earlier for earlier, later in pairwise(instants[::50])]
    assert max(spans) > 1.5 * min(spans)


def test_a_worker_behaves_the_same_under_the_same_seed() -> None:
    one, other = Habits(3, "Ada"), Habits(3, "Ada")
    assert [one.next_answer() for _ in range(50)] == [other.next_answer() for _ in range(50)]
    assert [one.next_pause() for _ in range(9)] == [other.next_pause() for _ in range(9)]


def test_workers_differ_from_each_other() -> None:
    ada, ben = Habits(3, "Ada"), Habits(3, "Ben")
    assert [ada.next_answer() for _ in range(5)] != [ben.next_answer() for _ in range(5)]


def test_the_offers_that_a_worker_gets_do_not_move_their_breaks() -> None:
    busy, idle = Habits(3, "Ada"), Habits(3, "Ada")
    for _ in range(30):
        busy.next_answer()
    assert busy.next_pause() == idle.next_pause()


def test_most_offers_are_accepted_some_rejected_and_some_ignored() -> None:
    habits = Habits(1, "Ada")
    reactions = [habits.next_answer().reaction for _ in range(1000)]
    assert reactions.count(Reaction.ACCEPT) > 800
    assert set(reactions) == set(Reaction)


def test_pauses_are_spent_in_activities_that_exist() -> None:
    habits = Habits(1, "Ada")
    spent = {habits.next_pause().activity for _ in range(200)}
    assert spent == {*PAUSES, "Unavailable"}


def test_a_conversation_takes_as_long_as_its_channel_allows() -> None:
    shortest_s, longest_s = HANDLING_S["chat"]
    assert handling_s("chat", 0.0) == shortest_s
    assert handling_s("chat", 1.0) == longest_s
