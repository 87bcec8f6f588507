"""What makes no sense is refused: which class, one clear line, and nothing has changed."""

import json

import pytest

from story import Story, rule, step
from taskyard.core.commands import CreateTask, DeleteTask, UpdateTask, UpdateWorker
from taskyard.core.errors import Invalid, NotFound
from taskyard.core.limits import Limits

MALFORMED = ["nonsense", "WK", "WK123", "wk" + "0" * 32, "WK" + "g" * 32, "WK" + "0" * 33, "\n"]


def furnished() -> Story:
    return Story().queue("Q1").workflow("w", default="Q1").worker("alice").task("T1")


# --- attributes ---

NO_OBJECT = {
    "an array": ("[1, 2]", "must be a JSON object, not an array"),
    "a number": ("7", "must be a JSON object, not a number"),
    "a text": ('"x"', "must be a JSON object, not a string"),
    "a truth": ("true", "must be a JSON object, not true or false"),
    "null": ("null", "must be a JSON object, not null"),
    "nothing": ("", "not valid JSON"),
    "white space": ("  ", "not valid JSON"),
    "half an object": ('{"a": 1', "not valid JSON"),
    "two objects": ("{} {}", "not valid JSON"),
    "a trailing comma": ('{"a": 1,}', "not valid JSON"),
    "single quotes": ("{'a': 1}", "not valid JSON"),
    "a bare key": ("{a: 1}", "not valid JSON"),
    "not a number": ('{"a": NaN}', "not valid JSON"),
    "half a character": ('{"a": "\ud800"}', "not valid JSON"),
    "half a character, escaped": ('{"a": "\\ud800"}', "not valid JSON"),
    "a line break in a text": ('{"a": "x\ny"}', "not valid JSON"),
    "a NUL": ('{"a": "\x00"}', "not valid JSON"),
    "too much": ('{"a": "' + "x" * 4_088 + '"}', "has 4097 characters: at most 4096 are allowed"),
    "too much white space": ("{" + " " * 4_095 + "}", "has 4097 characters: at most 4096"),
    "too deep": ('{"a":' + "[" * 2_000 + "]" * 2_000 + "}", "deep|depth"),
}


@pytest.mark.parametrize("what", NO_OBJECT)
@pytest.mark.parametrize("whose", ["task", "worker"])
@pytest.mark.parametrize("how", ["created", "updated"])
def test_attributes_are_a_json_object_or_refused(what: str, whose: str, how: str) -> None:
    text, why = NO_OBJECT[what]
    story = furnished()
    with story.refuses(Invalid, f"^Attributes.*{why}"):
        if whose == "task" and how == "created":
            story.ask(CreateTask(attributes=text))
        elif whose == "task":
            story.ask(UpdateTask(task_sid=story.sid("WT", "T1"), attributes=text))
        elif how == "created":
            story.worker("bob", text or " ")
        else:
            story.ask(UpdateWorker(worker_sid=story.sid("WK", "alice"), attributes=text))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"' + "x" * 4_088 + '"}',
        '{"":0,"skill-level":5,"a.b":null}',
        '{"a":{"b":[{"c":[]}]}}',
        '{"a":"\\u00e4\\ud83d\\ude00"}',
        '{"a":1e300,"b":-0.5,"c":123456789012345678901234567890}',
        "{}",
    ],
)
def test_every_json_object_of_at_most_4096_characters_is_accepted(text: str) -> None:
    assert furnished().task("T2", text).tasks["T2"].attributes == text


def test_the_length_of_attributes_is_counted_in_characters_and_not_in_bytes() -> None:
    furnished().task("T2", '{"a":"' + "ä" * 4_088 + '"}')


def test_attributes_that_were_accepted_can_be_read_however_deep_the_caller_is() -> None:
    story = Story().queue("Q1", "deep != null")
    deepest = 0
    for depth in range(50, 2_000, 50):
        text = '{"deep":' + "[" * depth + "]" * depth + "}"
        try:
            story.worker(f"w{depth}", text)
        except Invalid:
            break
        deepest = depth
    assert deepest >= 50

    def from_far_down(levels: int) -> None:
        if levels:
            from_far_down(levels - 1)
        else:
            story.restart().task("T1").expect("reservation.created")

    from_far_down(300)


# --- expressions ---


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("skill-level > 3", "position 5", "expecting"),
        ("skills HAS", "position 10", "expecting"),
        ("(a == 1", "position 7", "expecting"),
        ("a == 1)", "position 6", "expecting"),
        ("a == 'x", "position 5", ""),
        ("a == \"x'", "position 5", ""),
        ("a === 1", "position 4", ""),
        ("a == 1 && b == 2", "position 7", ""),
        ("a == 1 b == 2", "position 7", "expecting"),
        ("AND", "position 0", "expecting"),
        ("a NOT HAS 'x'", "position 6", "expecting"),
        ("a + 1 > 3", "position 2", ""),
        ("a ==\n\n @", "line 3, column 2", ""),
        ("a LIKE 'x'", "position 2", "expecting"),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused_with_the_place_and_what_was_expected(
    text: str, position: str, expected: str
) -> None:
    story = furnished()
    with story.refuses(Invalid, f"^TargetWorkers: at {position}: .*{expected}"):
        story.queue("Q2", text)
    with story.refuses(Invalid, f"^TargetWorkers: at {position}: .*{expected}"):
        story.update_queue("Q1", target_workers=text)
    with story.refuses(
        Invalid,
        rf"^Configuration: task_routing\.filters\[0\]\.expression: at {position}: .*{expected}",
    ):
        story.workflow("v", rule(text, "Q1"))
    with story.refuses(
        Invalid,
        rf"^Configuration: task_routing\.filters\[0\]\.targets\[1\]\.skip_if: at {position}:",
    ):
        story.workflow("v", rule("1==1", "Q1", step(skip_if=text)))


@pytest.mark.parametrize("text", ["(" * 101 + "1==1" + ")" * 101, "a == '" + "x" * 4_096 + "'"])
def test_an_expression_that_is_too_deep_or_too_long_is_refused(text: str) -> None:
    story = furnished()
    with story.refuses(Invalid, "^TargetWorkers: "):
        story.queue("Q2", text)


# --- workflow documents ---


def q1(**keys: object) -> dict[str, object]:
    return {"queue": "Q1", **keys}


DOCUMENTS: dict[str, tuple[object, str]] = {
    "no object": ([], "the document: found an array, expected an object"),
    "no task_routing": ({}, "task_routing: missing, expected an object"),
    "an odd task_routing": ({"task_routing": []}, "task_routing: found an array"),
    "nothing in it": ({"task_routing": {}}, "expected at least one filter, or a default_filter"),
    "no filters": ({"task_routing": {"filters": []}}, "expected at least one filter"),
    "default outside": ({"default_filter": {"queue": "Q1"}}, "'default_filter' belongs inside"),
    "odd filters": ({"task_routing": {"filters": {}}}, "filters: found an object, expected an arr"),
    "odd filter": (
        {"task_routing": {"filters": [1]}},
        r"filters\[0\]: found 1, expected an object",
    ),
    "no default queue": ({"task_routing": {"default_filter": {}}}, "default_filter.queue: missing"),
    "misnamed queue": (
        {"task_routing": {"default_filter": {"task_queue_sid": "x"}}},
        "'task_queue_sid' should be called 'queue'",
    ),
}
FILTERS: dict[str, tuple[dict[str, object], str]] = {
    "no expression": ({"targets": [q1()]}, r"filters\[0\]\.expression: missing"),
    "odd expression": ({"expression": True, "targets": [q1()]}, "expression: found true, expected"),
    "empty expression": ({"expression": "", "targets": [q1()]}, "expression: at position 0"),
    "no targets": ({"expression": "1==1"}, r"filters\[0\]\.targets: missing"),
    "empty targets": ({"expression": "1==1", "targets": []}, "targets: empty, expected at least"),
    "odd targets": ({"expression": "1==1", "targets": {}}, "targets: found an object"),
    "odd target": ({"expression": "1==1", "targets": ["Q1"]}, r"targets\[0\]: found \"Q1\""),
}
TARGETS: dict[str, tuple[dict[str, object], str]] = {
    "no queue": ({"timeout": 5}, r"targets\[0\]\.queue: missing, expected the SID of a task queue"),
    "unknown queue": ({"queue": "WQ" + "f" * 32}, "expected a task queue of this workspace"),
    "malformed queue": ({"queue": "support"}, "expected a task queue of this workspace"),
    "odd queue": ({"queue": 7}, "queue: found 7, expected the SID"),
    "timeout 0": (q1(timeout=0), "timeout: found 0, expected a positive integer of seconds"),
    "timeout below 0": (q1(timeout=-3), "timeout: found -3"),
    "timeout 1.5": (q1(timeout=1.5), "timeout: found 1.5"),
    "timeout in words": (q1(timeout="ten"), 'timeout: found "ten"'),
    "timeout true": (q1(timeout=True), "timeout: found true"),
    "priority below 0": (q1(priority=-1), "priority: found -1, expected an integer from 0 to"),
    "priority too high": (q1(priority=2**31), "priority: found 2147483648"),
    "priority in words": (q1(priority="high"), 'priority: found "high"'),
    "target expression": (q1(expression="a =="), r"targets\[0\]\.expression: at position 4"),
    "order_by": (q1(order_by="worker.level UPWARDS"), r"order_by: at position 13"),
    "order_by of nothing": (q1(order_by=""), "order_by: at position 0"),
    "skip_if": (q1(skip_if="workers.available == "), "skip_if: at position"),
    "both known workers": (
        q1(known_worker_sid="task.a", known_worker_friendly_name="task.b"),
        "both known_worker_sid and known_worker_friendly_name",
    ),
    "known worker": (q1(known_worker_sid="task.a == 1"), "known_worker_sid: found"),
    "known name": (q1(known_worker_friendly_name="Ann Lee"), "known_worker_friendly_name: found"),
    "odd known worker": (q1(known_worker_sid=7), "known_worker_sid: found 7, expected a string"),
}


def refused_document(document: object, why: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    text = json.dumps(document).replace('"Q1"', f'"{story.sid("WQ", "Q1")}"')
    why = why.replace("Q1", story.sid("WQ", "Q1"))
    with story.refuses(Invalid, f"^Configuration: .*{why}"):
        story.workflow("v", document=text)
    with story.refuses(Invalid, f"^Configuration: .*{why}"):
        story.update_workflow("w", configuration=text)


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_workflow_document_that_makes_no_sense_is_refused(what: str) -> None:
    refused_document(*DOCUMENTS[what])


@pytest.mark.parametrize("what", FILTERS)
def test_a_filter_that_makes_no_sense_is_refused(what: str) -> None:
    found, why = FILTERS[what]
    refused_document({"task_routing": {"filters": [found]}}, why)


@pytest.mark.parametrize("what", TARGETS)
def test_a_target_that_makes_no_sense_is_refused(what: str) -> None:
    found, why = TARGETS[what]
    document = {"task_routing": {"filters": [{"expression": "1==1", "targets": [found]}]}}
    refused_document(document, why)


@pytest.mark.parametrize(
    "text", [" ", "{", "nonsense", '{"task_routing": {"filters": [}}', "\ud800"]
)
def test_a_workflow_document_that_is_no_json_is_refused(text: str) -> None:
    story = Story().queue("Q1")
    with story.refuses(Invalid, "^Configuration: the document is not valid JSON"):
        story.workflow("v", document=text)


def test_a_workflow_document_that_is_too_deep_is_refused() -> None:
    story = Story().queue("Q1")
    with story.refuses(Invalid, "^Configuration: the document is nested more than"):
        story.workflow("v", document='{"a":' + "[" * 50_000 + "]" * 50_000 + "}")


# --- SIDs ---


@pytest.mark.parametrize("sid", ["", *MALFORMED, "WT" + "f" * 32])
def test_a_task_that_is_not_there_is_not_found(sid: str) -> None:
    story = furnished()
    with story.refuses(NotFound, "task"):
        story.ask(UpdateTask(task_sid=sid, priority=1))
    with story.refuses(NotFound, "task"):
        story.ask(DeleteTask(task_sid=sid))


@pytest.mark.parametrize("sid", ["", *MALFORMED, "WK" + "f" * 32])
def test_a_worker_that_is_not_there_is_not_found(sid: str) -> None:
    story = furnished()
    with story.refuses(NotFound, "worker"):
        story.goes(sid, "Offline")
    with story.refuses(NotFound, "worker"):
        story.delete_worker(sid)


@pytest.mark.parametrize("sid", [*MALFORMED, "WW" + "f" * 32])
def test_a_workflow_sid_that_is_nothing_of_this_workspace_is_refused(sid: str) -> None:
    story = furnished()
    with story.refuses(Invalid, "^WorkflowSid"):
        story.task("T2", workflow=sid)


@pytest.mark.parametrize("named", ["", "Chat", "WK" + "0" * 32, "TC" + "f" * 32, "x" * 500])
def test_a_task_channel_that_is_not_there_is_refused(named: str) -> None:
    story = furnished()
    with story.refuses(Invalid, "^TaskChannel"):
        story.task("T2", channel=named)
    with story.refuses(Invalid, "^TaskChannel"):
        story.update_task("T1", channel=named)


# --- numbers ---


@pytest.mark.parametrize("priority", [-1, 2_147_483_648, 1.0, "5", True])
def test_a_priority_is_a_whole_number_from_0_to_2147483647(priority: object) -> None:
    story = furnished()
    with story.refuses(Invalid, "^Priority must be a whole number from 0 to 2147483647"):
        story.task("T2", priority=priority)
    with story.refuses(Invalid, "^Priority must be a whole number from 0 to 2147483647"):
        story.update_task("T1", priority=priority)
    story.task("T2", priority=2_147_483_647)


@pytest.mark.parametrize("timeout_s", [1.5, "60", None, False])
def test_a_time_to_live_is_a_whole_number(timeout_s: object) -> None:
    story = furnished()
    with story.refuses(Invalid, "^Timeout must be a whole number"):
        story.task("T2", timeout_s=timeout_s)


def test_a_virtual_start_in_the_future_is_refused_in_an_update_too() -> None:
    story = furnished()
    with story.refuses(Invalid, "future"):
        story.update_task("T1", virtual_start_ms=story.now_ms + 1)


# --- several mistakes, several parts ---


def test_an_update_of_which_one_part_is_wrong_changes_no_part() -> None:
    story = furnished()
    with story.refuses(Invalid, "Priority"):
        story.update_task("T1", {"a": 1}, priority=-1)
    with story.refuses(Invalid, "AssignmentStatus"):
        story.update_task("T1", {"a": 1}, priority=3, status="paused")
    with story.refuses(Invalid, "ActivitySid"):
        story.update_worker("alice", {"a": 1}, rename="carol", activity="WA" + "f" * 32)
    with story.refuses(Invalid, "TaskOrder"):
        story.update_queue("Q1", target_workers="1==2", task_order="FILO")


def test_a_refusal_with_much_of_the_callers_text_in_it_stays_one_line() -> None:
    story = furnished()
    with story.refuses(Invalid, "RoutingTarget"):
        story.task("T2", to="a\nb\r\n\x00" * 100)
    with story.refuses(Invalid, "TaskChannel"):
        story.task("T2", channel="a\nb\r\n\x00" * 100)
    with story.refuses(Invalid, "AssignmentStatus"):
        story.update_task("T1", status="a\nb\r\n\x00" * 100)
    with story.refuses(Invalid, "UniqueName"):
        story.task_channel("a\nb", friendly_name="x")
    with story.refuses(Invalid, "Template|TaskOrder"):
        story.update_queue("Q1", task_order="FI\nFO")


@pytest.mark.parametrize("sid", ["WT\n", "a\nb", "x" * 5_000])
def test_a_sid_with_odd_characters_is_not_found_in_one_line(sid: str) -> None:
    story = furnished()
    with story.refuses(NotFound):
        story.ask(DeleteTask(task_sid=sid))


def test_small_limits_are_named_in_the_refusal() -> None:
    story = Story(limits=Limits(attributes_characters=10, priority=5, task_timeout_s=60))
    story.queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "at most 10 are allowed"):
        story.task("T1", '{"abc": 1234}', timeout_s=60)
    with story.refuses(Invalid, "from 0 to 5"):
        story.task("T1", priority=6, timeout_s=60)
    with story.refuses(Invalid, "from 1 to 60"):
        story.task("T1")
