"""The rules that choose a queue: how they are stored, changed and removed."""

import json

import pytest

from story import Story, rule, step
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound, VersionMismatch
from taskyard.core.limits import Limits


def rules_of(story: Story, name: str = "w") -> str:
    workflow = story.workflows[name]
    return workflow.configurations[workflow.configuration_version]


def test_a_configuration_is_stored_compact_with_every_key_in_its_order() -> None:
    story = Story().queue("Q1")
    sid = story.sid("WQ", "Q1")
    document = {
        "zzz": 1,
        "task_routing": {
            "default_filter": {"Expression": "1==1", "queue": sid, "timeout": 30},
            "filters": [],
            "note": "a  b",
        },
    }
    story.workflow("w", document=json.dumps(document, indent=2)).expect_events("workflow.created")
    assert rules_of(story) == json.dumps(document, separators=(",", ":"))


def test_an_offer_stands_two_minutes_unless_it_is_said_otherwise() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    assert story.workflows["w"].task_reservation_timeout_s == 120


def test_a_workflow_can_be_changed_without_its_rules() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    before = rules_of(story)
    story.update_workflow(
        "w",
        friendly_name="new",
        assignment_callback_url="https://example.com/a",
        fallback_assignment_callback_url="https://example.com/f",
        task_reservation_timeout_s=9,
    ).expect_events("workflow.updated")
    workflow = story.workflows["new"]
    assert rules_of(story, "new") == before
    assert (workflow.version, workflow.configuration_version) == (1, 1)
    assert workflow.assignment_callback_url == "https://example.com/a"


def test_an_update_that_changes_nothing_raises_no_event() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    story.update_workflow("w", default="Q1", friendly_name="w").expect_events()
    assert story.workflows["w"].version == 0


@pytest.mark.parametrize("timeout_s", [1, 86_400])
def test_a_reservation_timeout_is_from_a_second_to_a_day(timeout_s: int) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1", reservation_timeout_s=timeout_s)
    story.worker("alice").task("T1", timeout_s=100_000)
    story.advance(ms=timeout_s * 1000 - 1).expect_nothing()
    story.advance(ms=1).expect("reservation.timeout")


@pytest.mark.parametrize("timeout_s", [0, -5, 86_401, 1.5, "30"])
def test_any_other_reservation_timeout_is_refused(timeout_s: object) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    why = "^TaskReservationTimeout must be a whole number from 1 to 86400"
    with story.refuses(Invalid, why):
        story.workflow("v", default="Q1", reservation_timeout_s=timeout_s)
    with story.refuses(Invalid, why):
        story.update_workflow("w", task_reservation_timeout_s=timeout_s)


@pytest.mark.parametrize("name", ["", "x" * 257])
def test_a_name_must_be_some_text_of_at_most_256_characters(name: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "FriendlyName"):
        story.workflow(name, default="Q1")
    with story.refuses(Invalid, "FriendlyName"):
        story.update_workflow("w", friendly_name=name)


def test_a_bad_configuration_leaves_the_good_one_in_force() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "^Configuration: task_routing: missing"):
        story.update_workflow("w", configuration="{}", re_evaluate=True)
    assert story.task("T1").queue_of("T1") == "Q1"


def test_a_configuration_may_have_so_many_bytes() -> None:
    story = Story(limits=Limits(configuration_bytes=200)).queue("Q1")
    room = 200 - len(story.document(default=step("Q1", note="")).encode())
    fits = story.document(default=step("Q1", note="x" * room))
    story.workflow("w", document=fits)
    too_long = story.document(default=step("Q1", note="x" * (room + 1)))
    with story.refuses(Invalid, "^Configuration has 201 bytes: at most 200 are allowed$"):
        story.workflow("v", document=too_long)
    with story.refuses(Invalid, "^Configuration has 201 bytes"):
        story.workflow("v", document=fits.replace("x", "ö", 1))


def test_whoever_read_another_version_of_a_workflow_can_change_nothing() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    with story.refuses(VersionMismatch, "workflow WW.* is at version 0, not 1"):
        story.update_workflow("w", friendly_name="x", expected_version=1)
    with story.refuses(VersionMismatch, "version 0, not 1"):
        story.delete_workflow("w", expected_version=1)
    story.update_workflow("w", friendly_name="x", expected_version=0)


# --- removal ---


@pytest.mark.parametrize("status", ["pending", "reserved"])
def test_a_workflow_that_controls_a_waiting_task_cannot_be_deleted(status: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    if status == "reserved":
        story.worker("alice")
    story.task("T1")
    with story.refuses(Conflict, "cannot be deleted: it controls 1 pending or reserved task"):
        story.delete_workflow("w")
    story.cancel("T1").delete_workflow("w").expect_events("workflow.deleted")


def test_a_waiting_task_that_follows_older_rules_keeps_its_workflow_too() -> None:
    story = Story().queue("Q1").queue("Q2").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2")
    with story.refuses(Conflict, "it controls 1 pending or reserved task"):
        story.delete_workflow("w")


@pytest.mark.parametrize("status", ["assigned", "wrapping"])
def test_a_task_in_hand_does_not_keep_its_workflow_and_remembers_it(status: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").worker("alice").task("T1")
    sid = story.sid("WW", "w")
    story.accept("alice")
    if status == "wrapping":
        story.wrap("alice")
    story.delete_workflow("w").expect_events("workflow.deleted")
    assert story.tasks["T1"].workflow_sid == sid
    story.complete("alice").expect("task.completed")
    story.advance(s=300).expect_nothing()


def test_a_workspace_holds_so_many_workflows() -> None:
    story = Story(limits=Limits(workflows=1)).queue("Q1").workflow("w", default="Q1")
    with story.refuses(LimitReached, "at most 1 workflows"):
        story.workflow("v", default="Q1")
    story.delete_workflow("w").workflow("v", default="Q1")


@pytest.mark.parametrize("sid", ["", "WW" + "f" * 32, "WQ" + "0" * 32, "nonsense"])
def test_a_workflow_that_is_not_there_is_not_found(sid: str) -> None:
    story = Story()
    with story.refuses(NotFound, "workflow"):
        story.update_workflow(sid, friendly_name="x")
    with story.refuses(NotFound, "workflow"):
        story.delete_workflow(sid)


def test_rules_may_name_several_queues_and_filters() -> None:
    story = (
        Story()
        .queue("Q1")
        .queue("Q2")
        .workflow(
            "w", rule("a == 1", step("Q1", timeout="30", priority="9"), "Q2"), rule("b == 1", "Q2")
        )
    )
    story.task("T1", {"a": 1}).advance(s=30)
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Q2", 9)
