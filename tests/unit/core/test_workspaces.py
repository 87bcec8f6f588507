"""The workspace itself: what it begins with, its settings, its end."""

import pytest

from story import ACCOUNT, Story, tag
from taskyard.core.commands import (
    Command,
    CreateActivity,
    CreateTask,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    DeleteWorkspace,
)
from taskyard.core.errors import Conflict, Invalid, NotFound
from taskyard.core.ids import counting_mint
from taskyard.core.machine import Machine

NOW_MS = 1_767_603_600_000


def created(**keys: object) -> Machine:
    machine = Machine(mint=counting_mint())
    machine.handle(CreateWorkspace(account_sid=ACCOUNT, friendly_name="w", **keys), NOW_MS)
    return machine


def test_a_new_workspace_has_three_activities_and_begins_offline() -> None:
    state = created().state
    assert [(a.friendly_name, a.available) for a in state.activities.values()] == [
        ("Offline", False),
        ("Available", True),
        ("Unavailable", False),
    ]
    offline = next(iter(state.activities))
    assert state.workspace.default_activity_sid == state.workspace.timeout_activity_sid == offline


def test_a_new_workspace_has_five_task_channels() -> None:
    channels = created().state.task_channels.values()
    assert [(c.unique_name, c.friendly_name) for c in channels] == [
        ("default", "Default"),
        ("voice", "Voice"),
        ("chat", "Programmable Chat"),
        ("sms", "SMS"),
        ("video", "Video"),
    ]
    assert not any(channel.channel_optimized_routing for channel in channels)


def test_a_new_workspace_is_multi_tasking_prefers_fifo_and_calls_nobody_back() -> None:
    workspace = created().state.workspace
    assert workspace.multi_task_enabled is True
    assert workspace.prioritize_queue_order == "FIFO"
    assert (workspace.event_callback_url, workspace.events_filter) == ("", None)


def test_without_a_template_there_is_no_queue_and_no_workflow() -> None:
    state = created(template="NONE").state
    assert not state.task_queues
    assert not state.workflows


def test_the_fifo_template_brings_a_queue_for_everybody_and_a_workflow_to_it() -> None:
    state = created(template="FIFO").state
    (queue,), (workflow,) = state.task_queues.values(), state.workflows.values()
    assert (queue.friendly_name, queue.target_workers) == ("Sample Queue", "1==1")
    assert (queue.task_order, queue.max_reserved_workers) == ("FIFO", 1)
    assert workflow.friendly_name == "Default Fifo Workflow"
    assert workflow.task_reservation_timeout_s == 120
    assert workflow.assignment_callback_url == workflow.fallback_assignment_callback_url == ""
    assert f'"default_filter":{{"queue":"{queue.sid}"}}' in workflow.configurations[1]


def test_creation_tells_of_the_workspace_then_of_its_activities_and_channels() -> None:
    machine = Machine(mint=counting_mint())
    command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="w", template="FIFO")
    decided = machine.handle(command, NOW_MS)
    assert [tag(event) for event in decided.events] == [
        "workspace.created",
        *["activity.created"] * 3,
        *["task-channel.created"] * 5,
        "task-queue.created",
        "workflow.created",
    ]
    assert decided.sid == machine.state.workspace.sid


@pytest.mark.parametrize(
    "command",
    [
        CreateActivity(friendly_name="x"),
        CreateWorker(friendly_name="x"),
        CreateTask(),
        DeleteWorkspace(),
    ],
)
def test_nothing_can_be_asked_before_a_workspace_is_created(command: Command) -> None:
    machine = Machine(mint=counting_mint())
    with pytest.raises(NotFound):
        machine.handle(command, NOW_MS)


def test_a_workspace_is_created_once() -> None:
    story = Story()
    with story.refuses(Conflict, "exists already"):
        story.ask(CreateWorkspace(account_sid=ACCOUNT, friendly_name="again"))


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"friendly_name": ""}, "FriendlyName must not be empty"),
        ({"friendly_name": "  "}, "FriendlyName must not be empty"),
        ({"friendly_name": "x" * 65}, "FriendlyName has 65 characters: at most 64"),
        ({"friendly_name": "w", "template": "LIFO"}, "Template must be one of NONE, FIFO"),
        ({"friendly_name": "w", "prioritize_queue_order": "fifo"}, "PrioritizeQueueOrder"),
    ],
)
def test_a_workspace_that_makes_no_sense_is_not_created(
    keys: dict[str, object], match: str
) -> None:
    machine = Machine(mint=counting_mint())
    with pytest.raises(Invalid, match=match):
        machine.handle(CreateWorkspace(**{"account_sid": ACCOUNT, **keys}), NOW_MS)
    assert not machine.state.created


# --- settings ---


def test_settings_change_together_in_one_event() -> None:
    story = Story().activity("Missed").activity("Start", available=True)
    story.update_workspace(
        friendly_name="new",
        event_callback_url="https://example.com/e",
        events_filter="task.created",
        default_activity="Start",
        timeout_activity="Missed",
    ).expect_events("workspace.updated")
    workspace = story.state.workspace
    assert (workspace.friendly_name, workspace.events_filter) == ("new", "task.created")
    story.worker("alice", activity=None)
    assert story.activity_of("alice") == "Start"


def test_an_event_callback_url_can_be_cleared() -> None:
    story = Story().update_workspace(event_callback_url="https://example.com/e")
    assert story.update_workspace(event_callback_url="").state.workspace.event_callback_url == ""


def test_an_events_filter_is_kept_without_white_space() -> None:
    story = Story().update_workspace(events_filter=" task.created ,\ttask.canceled,, ")
    assert story.state.workspace.events_filter == "task.created,task.canceled"
    assert story.update_workspace(events_filter=" , ").state.workspace.events_filter is None


@pytest.mark.parametrize(
    "url",
    ["https://example.com/e", "http://127.0.0.1:8000/a?b=c&d#rc=3&rp=5xx,rt", "HTTP://[::1]/x"],
)
def test_a_callback_address_may_be(url: str) -> None:
    story = Story().update_workspace(event_callback_url=url)
    assert story.state.workspace.event_callback_url == url


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "/events",
        "example.com/e",
        "//example.com/e",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "http://example.com:port/",
        "http://example.com:70000/",
        "http://[::1/",
        "http://example.com/a b",
        "http://example.com/\r\nHost: other",
        "https://example.com/" + "x" * 2_029,
    ],
)
def test_a_callback_address_must_be_one_that_can_be_called(url: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "^EventCallbackUrl "):
        story.update_workspace(event_callback_url=url)
    with story.refuses(Invalid, "^AssignmentCallbackUrl "):
        story.update_workflow("w", assignment_callback_url=url)
    with story.refuses(Invalid, "^FallbackAssignmentCallbackUrl "):
        story.update_workflow("w", fallback_assignment_callback_url=url)
    new = {"friendly_name": "w2", "configuration": story.document(default="Q1")}
    with story.refuses(Invalid, "^AssignmentCallbackUrl "):
        story.ask(CreateWorkflow(**new, assignment_callback_url=url))
    with story.refuses(Invalid, "^FallbackAssignmentCallbackUrl "):
        story.ask(CreateWorkflow(**new, fallback_assignment_callback_url=url))


def test_a_setting_that_stays_as_it_is_raises_no_event() -> None:
    Story().update_workspace(friendly_name="story", multi_task_enabled=True).expect_events()


@pytest.mark.parametrize("sid", ["", "nonsense", "WA" + "f" * 32, "WK" + "0" * 32])
def test_default_and_timeout_activity_must_be_activities_of_the_workspace(sid: str) -> None:
    story = Story()
    with story.refuses(Invalid, "DefaultActivitySid"):
        story.update_workspace(default_activity_sid=sid)
    with story.refuses(Invalid, "TimeoutActivitySid"):
        story.update_workspace(timeout_activity_sid=sid)


@pytest.mark.parametrize("keys", [{"friendly_name": ""}, {"prioritize_queue_order": "MIXED"}])
def test_a_setting_that_makes_no_sense_is_refused(keys: dict[str, str]) -> None:
    story = Story()
    with story.refuses(Invalid):
        story.update_workspace(**keys)


# --- the end ---


def test_a_workspace_is_deleted_with_everything_in_it_however_busy() -> None:
    story = Story().worker("alice").task("T1").accept("alice").task("T2")
    story.delete_workspace().expect_events("workspace.deleted")
    assert story.state.deleted


def test_nothing_can_be_asked_of_a_deleted_workspace() -> None:
    story = Story().worker("alice").task("T1").delete_workspace()
    for command in (CreateTask(), CreateActivity(friendly_name="x"), DeleteWorkspace()):
        with pytest.raises(NotFound, match=story.state.workspace.sid):
            story.ask(command)


def test_a_deleted_workspace_has_nothing_due_any_more() -> None:
    story = Story().worker("alice").task("T1", timeout_s=600).task("T2", timeout_s=60)
    story.delete_workspace().advance(s=86_400).expect_nothing()
