"""The index of who waits and who is free: that it is small, and that nobody is overlooked in it."""

import itertools
from collections.abc import Mapping

import pytest

from story import Story, rule, step
from taskyard.core.expressions import Json
from taskyard.core.ids import TaskSid
from taskyard.core.matching.lane_index import EMPTY_LANES_KEPT, LaneIndex
from taskyard.core.matching.lanes import Lane
from taskyard.core.matching.pools import Pool
from taskyard.core.matching.ranking import ByIdleTime
from taskyard.core.matching.seats import LongestIdle, Seat
from taskyard.core.subjects import WorkerSubject


def test_tasks_for_whom_the_same_workers_will_do_share_a_lane() -> None:
    story = Story().queue("Q1")
    story.workflow("w", default=step("Q1", expression="worker.lang == task.lang"))
    for number in range(300):
        story.task(f"T{number}", {"lang": ("en", "es", "fr")[number % 3], "caller": number})
    assert story.machine.matcher.waiting == 300
    assert story.machine.matcher.lanes == 3


def test_a_known_worker_per_task_makes_no_more_pools_than_there_are_workers() -> None:
    story = Story().queue("Q1")
    story.workflow("w", default=step("Q1", known_worker_friendly_name="task.agent"))
    for number in range(40):
        story.worker(f"w{number}", activity="Offline")
    for number in range(400):
        story.task(f"T{number}", {"agent": f"W{number % 50}"})
    assert story.machine.matcher.pools <= 41
    story.goes("w7", "Available").expect_offers(("T7", "w7"))
    story.accept("w7").complete("w7").expect_offers(("T57", "w7"))


def test_own_lists_of_who_rejected_keep_the_number_of_pools_small() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="worker.sid NOT IN task.rejected"))
    )
    names = [f"w{number}" for number in range(60)]
    for name in names:
        story.worker(name, activity="Offline")
    sids = [story.sid("WK", name) for name in names]
    pairs = itertools.islice(itertools.combinations(range(60), 3), 2_000)
    for number, which in enumerate(pairs):
        story.task(f"T{number}", {"rejected": [sids[at] for at in which]})
    assert story.machine.matcher.waiting == 2_000
    assert story.machine.matcher.pools < 150
    # The first 58 tasks exclude w0 and w1, the first 1711 exclude w0.
    story.goes("w0", "Available").expect_offers(("T1711", "w0"))
    story.goes("w1", "Available").expect_offers(("T58", "w1"))
    story.goes("w59", "Available").expect_offers(("T0", "w59"))


def test_a_worker_attribute_named_sid_shadows_the_field() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="worker.sid NOT IN task.rejected"))
    )
    story.worker("alice").worker("bob", {"sid": "B"}, activity="Offline")
    story.task("T1", {"rejected": [story.sid("WK", "alice"), "B"]}).expect_offers()
    story.goes("bob", "Available").expect_offers()
    story.update_worker("alice", {"sid": "A"}).expect_offers(("T1", "alice"))
    story.task("T2", {"rejected": [story.sid("WK", "bob"), "X"]}).expect_offers(("T2", "bob"))
    story.task("T3", {"rejected": ["A", "B"]}).accept("alice", "T1").complete("alice", "T1")
    story.expect_offers()
    story.update_worker("alice", {}).expect_offers(("T3", "alice"))


def test_a_condition_on_work_in_hand_is_asked_at_the_moment_of_the_offer() -> None:
    story = (
        Story().queue("Q1", "worker.channel.chat.assigned_tasks < 2").workflow("w", default="Q1")
    )
    story.worker("alice", chat=5, sms=5)
    for name in ("C0", "C1"):
        story.task(name, channel="chat").accept("alice", name)
    story.task("S1", channel="sms").expect_offers()
    story.complete("alice", "C0").expect_offers(("S1", "alice"))


def test_the_total_of_assigned_tasks_can_be_asked_for() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="worker.assigned_tasks < 2"))
    )
    story.worker("alice")
    for channel in ("voice", "chat"):
        story.task(channel, channel=channel).accept("alice", channel)
    story.task("sms", channel="sms").expect_offers()
    story.wrap("alice", "chat").expect_offers(("sms", "alice"))


def test_the_time_of_day_is_looked_at_at_every_full_minute() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="taskrouter.currentTime >= 0902"))
    )
    story.worker("alice").advance(ms=30_000).task("T1").expect_offers()
    story.advance(ms=89_999).expect_offers()
    story.advance(ms=1).expect_offers(("T1", "alice"))


def test_the_clock_is_not_looked_at_when_nobody_waits_for_it() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="taskrouter.currentTime >= 0902"))
    )
    story.worker("alice").task("T1").advance(minutes=2).expect_offers(("T1", "alice"))
    assert story.machine.next_deadline_ms() == story.now_ms + 120_000


def test_a_condition_on_the_age_of_a_task_is_looked_at_every_full_minute_too() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="task.age >= 90 OR worker.level > 1"))
    )
    story.worker("alice", {"level": 1}).task("T1").expect_offers()
    story.advance(s=119).expect_offers()
    story.advance(s=1).expect_offers(("T1", "alice"))


def test_every_free_worker_finds_work_when_several_are_freed_at_once() -> None:
    story = Story().queue("Batch", max_reserved_workers=6).queue("Q1")
    story.workflow("batch", default="Batch").workflow("w", default="Q1")
    for number in range(6):
        story.worker(f"w{number}")
    story.task("B", workflow="batch")
    for number in range(6):
        story.task(f"T{number}", workflow="w")
    story.cancel("B").expect_offers(*((f"T{n}", f"w{n}") for n in range(6)))


def test_two_workers_freed_by_one_command_both_find_work() -> None:
    story = Story().queue("Batch", max_reserved_workers=2).queue("Q1")
    story.workflow("batch", default="Batch").workflow("w", default="Q1")
    story.worker("alice").worker("bob").task("B", workflow="batch")
    story.task("T1", workflow="w").task("T2", workflow="w")
    story.delete_task("B").expect_offers(("T1", "alice"), ("T2", "bob"))


def test_workers_who_are_freed_together_each_find_work_of_their_own_kind() -> None:
    story = Story().queue("Batch", max_reserved_workers=2)
    story.queue("A", "team == 'a'").queue("B", "team == 'b'")
    for name in ("Batch", "A", "B"):
        story.workflow(name, default=name)
    story.worker("alice", {"team": "a"}).worker("bob", {"team": "b"})
    story.task("T0", workflow="Batch").task("Tb", workflow="B").task("Ta", workflow="A")
    story.cancel("T0").expect_offers(("Tb", "bob"), ("Ta", "alice"))


def test_a_name_of_the_workflow_in_a_condition_is_matched_anew_when_it_changes() -> None:
    story = (
        Story()
        .queue("Q1")
        .worker("alice")
        .workflow("w", default=step("Q1", expression="task.workflow_friendly_name == worker.wants"))
    )
    story.update_worker("alice", {"wants": "new"}).task("T1").expect_offers()
    story.update_workflow("w", friendly_name="new").expect_offers(("T1", "alice"))


def test_a_name_of_the_queue_in_a_condition_is_matched_anew_when_it_changes() -> None:
    story = (
        Story()
        .queue("Q1")
        .worker("alice", {"wants": "new"})
        .workflow(
            "w", default=step("Q1", expression="task.task_queue_friendly_name == worker.wants")
        )
    )
    story.task("T1").expect_offers()
    story.update_queue("Q1", friendly_name="new").expect_offers(("T1", "alice"))


def test_a_task_property_in_a_condition_is_matched_anew_when_it_changes() -> None:
    story = (
        Story()
        .queue("Q1")
        .worker("alice", {"least": 5})
        .workflow("w", default=step("Q1", expression="task.priority >= worker.least"))
    )
    story.task("T1").expect_offers()
    story.update_task("T1", priority=5).expect_offers(("T1", "alice"))


def test_lanes_of_tasks_that_are_gone_are_not_kept_for_ever() -> None:
    story = (
        Story()
        .queue("Q1")
        .worker("alice", activity="Offline")
        .workflow("w", default=step("Q1", expression="worker.id == task.id"))
    )
    for number in range(1_500):
        story.task(f"T{number}", {"id": number}).delete_task(f"T{number}")
    assert story.machine.matcher.waiting == 0
    assert story.machine.matcher.lanes <= 1_025


def test_a_new_worker_is_seen_by_every_lane_that_waits() -> None:
    story = Story().queue("Q1").queue("Q2", "skills HAS 'x'")
    story.workflow(
        "w",
        rule("k == 1", step("Q1", known_worker_friendly_name="task.agent")),
        rule("k == 2", step("Q1", expression="worker.friendly_name == 'zoe'")),
        default="Q2",
    )
    story.task("T1", {"k": 3}).task("T2", {"k": 2}).task("T3", {"k": 1, "agent": "Zoe"})
    story.worker("zoe", {"skills": ["x"]}).expect_offers(("T1", "zoe"))
    story.worker_channel("zoe", "default", capacity=3)
    story.expect_offers(("T2", "zoe"), ("T3", "zoe"))


@pytest.mark.parametrize("change", [{"target_workers": "1==1 OR 1==2"}, {"task_order": "LIFO"}])
def test_a_queue_can_be_changed_although_very_many_tasks_wait_in_lanes_of_their_own(
    change: dict[str, str],
) -> None:
    story = Story().queue("Q1").worker("alice", activity="Offline")
    story.workflow("w", default=step("Q1", expression="worker.sid NOT IN task.rejected"))
    for number in range(EMPTY_LANES_KEPT + 2):
        story.task(f"T{number}", {"rejected": [f"nobody {number}"]})
    story.update_queue("Q1", **change)
    last = f"T{EMPTY_LANES_KEPT + 1}" if "task_order" in change else "T0"
    story.goes("alice", "Available").expect_offers((last, "alice"))


def test_an_offer_is_not_found_out_again_in_every_queue_of_its_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0

    def counted(self: ByIdleTime, seat: Seat) -> LongestIdle:
        nonlocal looks
        looks += 1
        return rank(self, seat)

    rank = ByIdleTime.rank
    monkeypatch.setattr(ByIdleTime, "rank", counted)
    queues = 40
    story = Story()
    for k in range(queues):
        story.queue(f"Q{k}", f"number != {k}")  # each is for another set of workers
    story.workflow("w", *(rule(f"k == {k}", f"Q{k}") for k in range(queues)))
    for number in range(queues):
        story.worker(str(number), {"number": number})
    longest_idle = list(range(queues))
    for number in range(2 * queues):
        looks = 0
        k = number % queues
        name = next(one for one in longest_idle if one != k)
        longest_idle.remove(name)
        longest_idle.append(name)
        story.advance(ms=1).task(f"T{number}", {"k": k}).expect_offers((f"T{number}", str(name)))
        story.accept(str(name)).complete_task(f"T{number}")
        assert looks < 15 or number < queues  # it is once that a pool looks at everybody


def test_a_change_of_activity_asks_only_what_looks_at_activities(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0
    attributes = WorkerSubject.attributes.fget
    assert attributes is not None

    def counted(self: WorkerSubject) -> Mapping[str, Json]:
        nonlocal looks
        looks += 1
        return attributes(self)

    monkeypatch.setattr(WorkerSubject, "attributes", property(counted))
    story = Story().worker("alice", {"skills": ["s1"]}, activity="Offline")
    story.queue("At work", "activity_name == 'Available'")
    rules = [rule("k == 0", "At work")]
    for k in range(1, 50):
        story.queue(f"Q{k}", f"skills HAS 's{k}'")
        rules.append(rule(f"k == {k}", f"Q{k}"))
    story.workflow("w", *rules)
    for k in range(50):
        story.task(f"T{k}", {"k": k})
    looks = 0
    story.goes("alice", "Available").expect_offers(("T0", "alice"))
    assert 0 < looks < 10


@pytest.mark.parametrize("activity", ["Offline", "Available"])
def test_a_worker_who_comes_is_looked_at_and_not_every_lane(
    activity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    choose = Pool.choose

    def counted(self: Pool, lane: Lane, most: int, unsettled: dict[Seat, None]) -> list[Seat]:
        nonlocal looks
        looks += 1
        return choose(self, lane, most, unsettled)

    monkeypatch.setattr(Pool, "choose", counted)
    story = Story().queue("Q1").worker("alice", default=0)
    story.workflow("w", default=step("Q1", expression="worker.sid NOT IN task.rejected"))
    for number in range(50):
        story.task(f"T{number}", {"rejected": [f"nobody {number}"]})
    looks = 0
    story.worker("bob", activity=activity)
    story.expect_offers(*[("T0", "bob")] * (activity == "Available"))
    assert looks <= 1


def counting_moves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were given a place, one entry each time."""
    moved: list[str] = []
    place = LaneIndex.place

    def counted(self: LaneIndex, sid: TaskSid, now_ms: int) -> None:
        moved.append(sid)
        place(self, sid, now_ms)

    monkeypatch.setattr(LaneIndex, "place", counted)
    return moved


def test_other_target_workers_touch_no_task_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = counting_moves(monkeypatch)
    story = Story().queue("Q1", "team == 'a' OR level > 2").queue("Q2", "team == 'b'")
    story.workflow("w", rule("k == 2", "Q2"), default=step("Q1", expression="worker.n >= task.n"))
    story.worker("alice", {"team": "b", "n": 1}).worker("bob", {"level": 3, "n": 1}, default=0)
    for number in range(4):
        story.task(f"T{number}", {"n": number}).task(f"U{number}", {"k": 2})
    moved.clear()
    story.update_queue("Q1", target_workers="team == 'b' OR level > 2")
    story.expect_no("task-queue.entered").expect_offers()  # Alice has work of Q2
    story.worker_channel("alice", "default", capacity=2).expect_offers(("T0", "alice"))
    story.worker_channel("bob", "default", capacity=1).expect_offers(("T1", "bob"))
    story.update_queue("Q1", target_workers="1==2").reject("bob").expect_offers()
    story.update_queue("Q1", target_workers="team != 'b'").expect_offers(("T1", "bob"))
    assert moved == [story.sid("WT", "T1")]  # as its offer has ended


def test_target_workers_that_look_at_the_work_in_hand_are_asked_anew_of_what_waits() -> None:
    story = Story().queue("Q1", "team == 'a'").worker("alice", {"team": "b"}, voice=1)
    story.task("V1", to="alice", channel="voice").task("T1")
    story.update_queue("Q1", target_workers="channel.voice.assigned_tasks == 1").expect_offers()
    story.accept("alice", "V1").expect_offers(("T1", "alice"))
    story.update_queue("Q1", target_workers="team == 'c'").reject("alice", "T1").expect_offers()
    story.update_queue("Q1", target_workers="team == 'b'").expect_offers(("T1", "alice"))
